//! Who may have which account: a pure rule, which the store applies inside its transaction to
//! the rows that it has locked.

use crate::{LinkId, TraktSlug, TraktUuid, UserId};

/// A Trakt account as it is known now. An admin's claim may lack the `uuid`.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The identity.
    pub uuid: Option<&'a TraktUuid>,
    /// The present label.
    pub slug: &'a TraktSlug,
}

/// A stored link, as far as the rule looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLink {
    /// The link.
    pub id: LinkId,
    /// Whose it is.
    pub user: Option<UserId>,
    /// The account's identity, where known.
    pub uuid: Option<TraktUuid>,
    /// The account's label when we last saw it; it may be somebody else's by now.
    pub slug: TraktSlug,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The user gets the account.
    Give {
        /// The link that already holds this account and is to be renewed; `None`: a new one.
        reuse: Option<LinkId>,
        /// The user's link to another account, which gives way.
        replace: Option<LinkId>,
        /// A link to another account whose label is out of date and in the way: the slug has
        /// passed on after a rename, or an admin's claim was never proven.
        relabel: Option<LinkId>,
    },
    /// Another user has the account.
    AccountTaken,
    /// The user has another account, and it is not to be replaced.
    AlreadyLinked,
}

/// Decides whether `user` may have `account`, given every stored link of that user, of that
/// identity and of that slug.
///
/// Identity is the `uuid`. The slug decides only where one side lacks the `uuid`.
#[must_use]
pub fn decide(user: UserId, account: Account<'_>, held: &[HeldLink], replace: bool) -> Decision {
    let by_uuid = held
        .iter()
        .find(|l| l.uuid.is_some() && l.uuid.as_ref() == account.uuid);
    let by_slug = held.iter().find(|l| l.slug == *account.slug);
    let unproven = by_slug.filter(|l| l.uuid.is_none() || account.uuid.is_none());
    let same = by_uuid.or(unproven);
    if same.is_some_and(|link| link.user.is_some_and(|owner| owner != user)) {
        return Decision::AccountTaken;
    }
    let other = held
        .iter()
        .find(|l| l.user == Some(user) && same.is_none_or(|s| s.id != l.id));
    if other.is_some() && !replace {
        return Decision::AlreadyLinked;
    }
    let taken_out = [same, other].map(|link| link.map(|l| l.id));
    Decision::Give {
        reuse: same.map(|link| link.id),
        replace: other.map(|link| link.id),
        relabel: by_slug
            .map(|link| link.id)
            .filter(|id| !taken_out.contains(&Some(*id))),
    }
}
