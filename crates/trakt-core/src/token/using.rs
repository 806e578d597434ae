//! A call to Trakt with a user's token, and what Trakt says of the token.

use super::{AccessGrant, TokenError, TokenService};
use crate::UserId;
use crate::ports::TraktFault;

/// Why a call with a user's token came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UseError {
    /// There is no token.
    Token(TokenError),
    /// Trakt.
    Trakt(TraktFault),
}

impl TokenService {
    /// Makes a call with the user's token; where Trakt refuses the token, once more with another.
    /// With the answer comes the token that it was given to.
    pub(crate) fn using<T>(
        &self,
        user: UserId,
        call: impl Fn(&AccessGrant) -> Result<T, TraktFault>,
    ) -> Result<(T, AccessGrant), UseError> {
        let mut grant = self.access_token(user).map_err(UseError::Token)?;
        let mut answer = call(&grant);
        if matches!(answer, Err(TraktFault::TokenRefused)) {
            let told = self.told(user, &grant, &TraktFault::TokenRefused);
            told.map_err(UseError::Token)?;
            grant = self.access_token(user).map_err(UseError::Token)?;
            answer = call(&grant);
        }
        match answer {
            Ok(answer) => Ok((answer, grant)),
            Err(fault) => {
                let told = self.told(user, &grant, &fault);
                Err(told.map_or_else(UseError::Token, |()| UseError::Trakt(fault)))
            }
        }
    }

    /// What Trakt says of a token is for the link to know.
    pub(crate) fn told(
        &self,
        user: UserId,
        grant: &AccessGrant,
        fault: &TraktFault,
    ) -> Result<(), TokenError> {
        match fault {
            TraktFault::TokenRefused => self.refused(user, grant.generation),
            TraktFault::Locked => self.locked(user, grant.generation),
            _ => Ok(()),
        }
    }
}
