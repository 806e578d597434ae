//! From Diesel's errors to the port's. No text from here carries the parameters of a statement:
//! of what the server says only the primary message is kept, as its details quote whole rows.

use diesel::result::{DatabaseErrorKind as Kind, Error};
use trakt_core::PortError;

use crate::seal::SealError;

/// Why the work of a transaction stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    Database(Error),
    Port(PortError),
}

impl Failure {
    /// Whether the whole transaction may go well when it is run again: somebody else was faster,
    /// and the next run sees what they did.
    pub(crate) fn contended(&self) -> bool {
        match self {
            Self::Database(Error::DatabaseError(kind, info)) => match kind {
                Kind::SerializationFailure | Kind::UniqueViolation => true,
                // 40P01 has no kind of its own in Diesel.
                _ => info.message().contains("deadlock detected"),
            },
            _ => false,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        Self::Port(error.into())
    }
}

impl From<Failure> for PortError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(error) => port_error(&error),
            Failure::Port(error) => error,
        }
    }
}

/// Whether the connection is dead, and not the statement at fault.
pub(crate) fn connection_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _)
            | Error::BrokenTransactionManager
    )
}

/// What a row holds that must not be there. Names the place, no content.
pub(crate) fn corrupt(what: impl Into<String>) -> PortError {
    PortError::Corrupt(what.into())
}

pub(crate) fn port_error(error: &Error) -> PortError {
    if connection_lost(error) {
        return PortError::Unavailable("the connection to the database was lost".to_owned());
    }
    match error {
        Error::DatabaseError(Kind::UniqueViolation, _) => {
            PortError::Conflict("another request was faster")
        }
        Error::DatabaseError(
            Kind::ForeignKeyViolation
            | Kind::NotNullViolation
            | Kind::CheckViolation
            | Kind::ExclusionViolation
            | Kind::RestrictViolation,
            info,
        ) => corrupt(info.message()),
        // Timeouts, deadlocks, a full disk, a server that starts or stops: Diesel does not tell
        // them apart, and the words depend on the server's language. A broken schema is among
        // them too; its message in the log tells.
        Error::DatabaseError(_, info) => PortError::Unavailable(info.message().to_owned()),
        Error::NotFound => corrupt("a row is missing"),
        Error::DeserializationError(_) => corrupt("a value cannot be read"),
        Error::SerializationError(_) => corrupt("a value cannot be written"),
        Error::RollbackErrorOnCommit { .. } => {
            PortError::Unavailable("a transaction could not be ended".to_owned())
        }
        _ => corrupt("a statement could not be built"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(kind: Kind, message: &str) -> Error {
        Error::DatabaseError(kind, Box::new(message.to_owned()))
    }

    #[test]
    fn trouble_is_told_from_rows_that_cannot_be() {
        for (error, retryable) in [
            (database(Kind::ClosedConnection, "gone"), true),
            (database(Kind::UnableToSendCommand, "gone"), true),
            (
                database(Kind::Unknown, "canceling statement due to lock timeout"),
                true,
            ),
            (
                database(Kind::SerializationFailure, "could not serialize access"),
                true,
            ),
            (database(Kind::ReadOnlyTransaction, "read-only"), true),
            (database(Kind::UniqueViolation, "users_email_once"), true),
            (Error::BrokenTransactionManager, true),
            (database(Kind::CheckViolation, "users_role_known"), false),
            (database(Kind::NotNullViolation, "email"), false),
            (Error::NotFound, false),
        ] {
            assert_eq!(port_error(&error).retryable(), retryable, "{error:?}");
        }
    }

    #[test]
    fn what_may_go_well_in_another_run() {
        for (kind, message, contended) in [
            (Kind::SerializationFailure, "", true),
            (Kind::UniqueViolation, "", true),
            (Kind::Unknown, "deadlock detected", true),
            (
                Kind::Unknown,
                "canceling statement due to lock timeout",
                false,
            ),
            (Kind::ClosedConnection, "", false),
        ] {
            let failure = Failure::from(database(kind, message));
            assert_eq!(failure.contended(), contended, "{failure:?}");
        }
    }
}
