//! Why a token does not count. The texts are for our own log: they name the rule, nothing of
//! the token, and its bearer learns no more than that it was refused.

/// A token that counts for nothing, whoever sends it and however often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRefused {
    /// Longer than 8 KiB. It was not even looked at.
    #[error("it is too long")]
    TooLong,
    /// Not three parts of base64url that hold JSON of the right shape.
    #[error("it is not a well-formed JWT")]
    Malformed,
    /// The header names a type that is no access token, or has fields that would have us trust
    /// a key from the token, or understand what we do not.
    #[error("its header is not acceptable")]
    Header,
    /// An algorithm that we do not take, or not the one that the key is for.
    #[error("its algorithm is not the key's")]
    Algorithm,
    /// No key of ours has that name, or it is not clear which one is meant.
    #[error("no known key fits")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("its signature is wrong")]
    Signature,
    /// `iss` is not the one expected.
    #[error("its issuer is wrong")]
    Issuer,
    /// `aud` does not name us.
    #[error("it is meant for somebody else")]
    Audience,
    /// `exp` is past.
    #[error("it has expired")]
    Expired,
    /// `nbf` or `iat` is yet to come.
    #[error("it is not valid yet")]
    NotYet,
    /// A time that no calendar has: negative, or after the year 9999.
    #[error("it has an absurd time")]
    AbsurdTime,
    /// `sub` names nobody.
    #[error("its subject is not acceptable")]
    Subject,
}

/// Why there is no answer as to who bears a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The token counts for nothing.
    #[error("the token was refused: {0}")]
    Refused(#[from] TokenRefused),
    /// The key that would tell is not known, and the key set of the identity provider cannot be
    /// read at the moment. The same token may be good later.
    #[error("the key set cannot be fetched right now")]
    KeysUnavailable,
}
