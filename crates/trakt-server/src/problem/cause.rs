//! What an error of the services is to a client. What is behind it is logged here, once.

use std::time::Duration;

use trakt_core::PortError;
use trakt_core::admin::AdminError;
use trakt_core::link::LinkError;
use trakt_core::ports::TraktFault;
use trakt_core::recommend::RecommendError;
use trakt_core::scrobble::WriteError;
use trakt_core::token::TokenError;
use trakt_core::user::UserError;
use trakt_core::watch::WatchError;

use super::{Code, Problem};
use crate::limits;

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        if error.retryable() {
            log::warn!("the database: {error}");
            Self::database_unavailable()
        } else {
            log::error!("the database: {error}");
            Self::internal()
        }
    }
}

impl From<TraktFault> for Problem {
    fn from(fault: TraktFault) -> Self {
        let after = LinkError::Trakt(fault.clone())
            .retry_after()
            .unwrap_or_default();
        match fault {
            TraktFault::Misconfigured { .. } => {
                log::error!("{fault}: check TRAKT_CLIENT_ID and TRAKT_CLIENT_SECRET");
            }
            _ => log::warn!("{fault}"),
        }
        Self::trakt_unavailable(after)
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::UserGone => Self::unauthenticated(true),
            LinkError::FlowUnknown => Self::new(
                Code::DeviceCodeUnknown,
                "You have started no flow with this code.",
            ),
            LinkError::FlowExpired => {
                Self::new(Code::DeviceCodeExpired, "Start again to get a new code.")
            }
            LinkError::FlowUsed => Self::new(
                Code::DeviceCodeUsed,
                "This code has done its work, or its answer was \
                    lost. See the association, or start again.",
            ),
            LinkError::FlowDenied => Self::new(
                Code::DeviceCodeDenied,
                "The request was denied at Trakt. Start again \
                    if that was a mistake.",
            ),
            LinkError::AccountTaken => Self::new(
                Code::AccountTaken,
                "This Trakt account is linked to another user here. Unlink it there first.",
            ),
            LinkError::AlreadyLinked => Self::new(
                Code::AlreadyLinked,
                "You are linked to another Trakt account. Start again with \"replace\": true.",
            ),
            LinkError::AccountLocked => Self::new(
                Code::TraktAccountLocked,
                "Trakt has locked this account. Write to Trakt's support.",
            ),
            LinkError::Trakt(fault) => fault.into(),
            LinkError::Store(error) => error.into(),
            _ => Self::internal(),
        }
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::UserNotFound => {
                Self::new(Code::UserNotFound, "No user has this e-mail address.")
            }
            AdminError::TraktAccountNotFound => Self::new(
                Code::TraktAccountNotFound,
                "Trakt knows no account with this slug.",
            ),
            AdminError::AccountTaken => Self::new(
                Code::AccountTaken,
                "The Trakt account is linked to another user.",
            ),
            AdminError::AlreadyLinked => Self::new(
                Code::AlreadyLinked,
                "The user is linked to another Trakt account. Send \"replace\": true to replace it.",
            ),
            AdminError::NotFound => Self::not_found(),
            AdminError::NoTokens => Self::new(
                Code::NotLinked,
                "Nobody has approved this association at Trakt: there is nothing to refresh.",
            ),
            AdminError::NeedsRelink => Self::new(
                Code::NeedsRelink,
                "Trakt has ended the connection. Its user has to link the account again.",
            ),
            AdminError::Trakt(fault) => fault.into(),
            AdminError::Store(error) => error.into(),
            _ => Self::internal(),
        }
    }
}

impl From<WatchError> for Problem {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::NotLinked => Self::new(Code::NotLinked, "Link a Trakt account first."),
            WatchError::NeedsRelink => Self::new(
                Code::NeedsRelink,
                "Trakt has ended the connection. Link the account again.",
            ),
            WatchError::Locked => Self::new(
                Code::TraktAccountLocked,
                "Trakt has locked this account. Write to Trakt's support.",
            ),
            WatchError::SwitchedOff => Self::new(
                Code::SwitchedOff,
                "You have switched reading at Trakt off (\"pull\" in your settings).",
            ),
            WatchError::Store(error) => error.into(),
            _ => Self::internal(),
        }
    }
}

impl From<RecommendError> for Problem {
    fn from(error: RecommendError) -> Self {
        match error {
            RecommendError::NotLinked => WatchError::NotLinked.into(),
            RecommendError::NeedsRelink => WatchError::NeedsRelink.into(),
            RecommendError::Locked | RecommendError::Trakt(TraktFault::Locked) => {
                WatchError::Locked.into()
            }
            RecommendError::SwitchedOff => Self::new(
                Code::SwitchedOff,
                "You have switched recommendations off (\"recommendations\" in your settings).",
            ),
            RecommendError::Token(error) => error.into(),
            RecommendError::Trakt(fault) => fault.into(),
            RecommendError::Store(error) => error.into(),
            _ => Self::internal(),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NotLinked => WatchError::NotLinked.into(),
            TokenError::NeedsRelink(_) => WatchError::NeedsRelink.into(),
            TokenError::Locked => WatchError::Locked.into(),
            TokenError::Unavailable { retry_after } => Self::trakt_unavailable(retry_after),
            TokenError::UserGone => Self::unauthenticated(true),
            TokenError::Store(error) => error.into(),
            _ => Self::internal(),
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::NotLinked => Self::new(Code::NotLinked, "Link a Trakt account first."),
            WriteError::SwitchedOff => Self::new(
                Code::SwitchedOff,
                "You have switched writing at Trakt off (\"push\" in your settings).",
            ),
            WriteError::NotFound => Self::not_found(),
            WriteError::NotYet => Self::new(
                Code::NotConfirmedYet,
                "Trakt is about to take this play. Remove it once it has an id.",
            )
            .retry(Duration::from_secs(60)),
            WriteError::KeyReused => Self::new(
                Code::KeyReused,
                "This Idempotency-Key was sent with another write before. Use a new one.",
            ),
            WriteError::Ceiling { retry_after } => {
                limits::count("daily_writes");
                Self::new(
                    Code::DailyCeiling,
                    "So many writes in a day are no person's. Those that were taken before are kept.",
                )
                .retry(retry_after)
            }
            WriteError::Store(error) => error.into(),
            _ => Self::internal(),
        }
    }
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::WrongCredentials => Self::new(
                Code::Unauthenticated,
                "The e-mail address or the password is wrong.",
            )
            .challenged(),
            UserError::Stranger => Self::unauthenticated(true),
            UserError::Store(error) => error.into(),
            error => {
                log::error!("users: {error}");
                Self::internal()
            }
        }
    }
}
