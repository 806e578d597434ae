//! Trakt's own names for its accounts.

use std::fmt;

/// `ids.slug` of a Trakt account: unique at any one time, but it changes with a rename and can
/// later belong to somebody else. A label, not an identity.
///
/// 1 to 255 characters, none of them a control character, white space or `/ \ ? #`; not `.`, `..`
/// or `me`, which mean something else in a path of Trakt's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TraktSlug(String);

/// The text cannot be a Trakt slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a Trakt slug: 1 to 255 characters without spaces, '/', '\\', '?' or '#'")]
pub struct InvalidSlug;

impl TraktSlug {
    /// Reads a slug.
    ///
    /// # Errors
    /// [`InvalidSlug`] when it has none of the shape above.
    pub fn parse(text: &str) -> Result<Self, InvalidSlug> {
        let fits = (1..=255).contains(&text.chars().count())
            && !text
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || "/?#\\".contains(c))
            && !matches!(text, "." | ".." | "me");
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSlug)
        }
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraktSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `ids.uuid` of a Trakt account: globally unique and kept through renames (Trakt's contract,
/// `GET /users/settings`). This is the identity of an account. Opaque text, at most 255 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TraktUuid(String);

impl TraktUuid {
    /// Reads it; `None` when it is empty, longer than 255 bytes or holds a control character.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= 255 && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned()))
    }

    /// The identity as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose token it is: the part of `GET /users/settings` that a link needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraktIdentity {
    /// The account, through all renames.
    pub uuid: TraktUuid,
    /// Its present slug.
    pub slug: TraktSlug,
    /// Its present name, as Trakt writes it.
    pub username: String,
}

/// What anybody may know of an account: the part of `GET /users/{slug}` that a claim needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraktProfile {
    /// Present only where Trakt tells it of others.
    pub uuid: Option<TraktUuid>,
    /// Its present slug.
    pub slug: TraktSlug,
    /// Its present name, where the profile shows one.
    pub username: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_that_would_change_the_path_are_refused() {
        for bad in [
            "", ".", "..", "me", "a/b", "a?b", "a#b", "a b", "a\nb", "a\\b", "a\u{0}",
        ] {
            assert_eq!(TraktSlug::parse(bad), Err(InvalidSlug), "{bad:?}");
        }
        assert_eq!(TraktSlug::parse(&"x".repeat(256)), Err(InvalidSlug));
        for good in ["sean", "a-b_c.d", "Sean", "élodie", "42", &"x".repeat(255)] {
            assert_eq!(
                TraktSlug::parse(good).map(|s| s.to_string()),
                Ok(good.to_owned())
            );
        }
    }
}
