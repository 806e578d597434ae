//! Identifiers of our own rows, one type each, so that a user is never taken for a link.

use std::fmt;

use uuid::Uuid;

use crate::Entropy;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// A new random id (UUID version 4).
            #[must_use]
            pub fn random(entropy: &dyn Entropy) -> Self {
                let mut bytes = [0; 16];
                entropy.fill(&mut bytes);
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }

            /// The id as it is stored.
            #[must_use]
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

id! {
    /// A user of the media application: `users.id`.
    UserId;
    /// A Trakt account known to us: `trakt_users.id`.
    LinkId;
    /// One run of the device flow. Internal: what a client holds is a [`crate::FlowHandle`].
    FlowId;
    /// A token that is still to be revoked at Trakt.
    RevocationId;
    /// One claim of the right to refresh a pair of tokens.
    AttemptId;
    /// One run that reads what a user watches at Trakt.
    PullId;
    /// A write that is kept until Trakt has it.
    WriteId;
    /// One turn of a worker at the writes of a user.
    PushId;
    /// Something that happened and is told to others.
    WebhookId;
    /// The telling of one event to one endpoint.
    DeliveryId;
    /// One attempt at it.
    SendId;
}
