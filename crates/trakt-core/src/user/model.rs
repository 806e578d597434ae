//! A user, as far as this service knows one.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::UserId;

/// A user of the media application.
#[derive(Clone, Debug)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The address, unique without regard to case.
    pub email: Email,
    /// What the user may do.
    pub role: Role,
    /// None: no sign-in with a password.
    pub password_hash: Option<PasswordHash>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Link and read their own.
    User,
    /// That, and the links of others and the audit trail.
    Admin,
}

/// The word names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 'user' or 'admin'")]
pub struct UnknownRole;

impl Role {
    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        match word {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err(UnknownRole),
        }
    }
}

/// An e-mail address: something on both sides of one `@`, at most 254 bytes (RFC 5321 section
/// 4.5.3), no white space or control characters. Kept in lower case: two addresses that differ
/// in case alone are one user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address")]
pub struct InvalidEmail;

impl Email {
    /// Reads an address.
    ///
    /// # Errors
    /// [`InvalidEmail`] when it has not the shape above.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let fits = !local.is_empty()
            && !domain.is_empty()
            && text.len() <= 254
            && !local.contains('@')
            && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if fits {
            Ok(Self(text.to_lowercase()))
        } else {
            Err(InvalidEmail)
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A password hash in PHC string format. Not the password, but nobody's business either.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The PHC string, to be stored or checked.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for PasswordHash {
    fn from(phc: String) -> Self {
        Self(phc)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// What a verified token of an outside identity provider says of its bearer (OpenID Connect
/// Core section 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideIdentity {
    /// `sub`: what the provider calls the user, for ever.
    pub subject: String,
    /// `email`, where it is one.
    pub email: Option<Email>,
    /// `email_verified`, where the provider says so.
    pub email_verified: Option<bool>,
    /// `role`, where the provider gives one that we know.
    pub role: Option<Role>,
}

impl OutsideIdentity {
    /// The address, if the provider vouches for it: one that it calls unverified could be
    /// anybody's, and would open somebody else's account.
    #[must_use]
    pub fn vouched_email(&self) -> Option<&Email> {
        self.email
            .as_ref()
            .filter(|_| self.email_verified != Some(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b@c",
            "a\n@b",
            "a",
            &"x".repeat(255),
        ] {
            assert_eq!(Email::parse(bad), Err(InvalidEmail), "{bad:?}");
        }
        assert_eq!(
            Email::parse(" Ana@Example.ORG ")
                .map(|e| e.to_string())
                .as_deref(),
            Ok("ana@example.org")
        );
    }

    #[test]
    fn an_unverified_address_is_not_vouched_for() {
        let mut outside = OutsideIdentity {
            subject: "s".to_owned(),
            email: Email::parse("a@b").ok(),
            email_verified: Some(false),
            role: None,
        };
        assert_eq!(outside.vouched_email(), None);
        outside.email_verified = None;
        assert!(outside.vouched_email().is_some());
    }
}
