//! Who may have which account.

mod cases;
mod properties;

use trakt_core::link::{Account, Decision, HeldLink, decide};

use crate::bench::{link_id, slug, trakt_uuid, user_id};

/// Link `id` of user `user` to the account `uuid`, last seen as `label`. 0 and "" are none.
fn held(id: u128, user: u128, uuid: &str, label: &str) -> HeldLink {
    HeldLink {
        id: link_id(id),
        user: (user != 0).then(|| user_id(user)),
        uuid: (!uuid.is_empty()).then(|| trakt_uuid(uuid)),
        slug: slug(label),
    }
}

/// What user 1 gets who asks for the account `uuid`, now called `label`.
fn asked(uuid: &str, label: &str, rows: &[HeldLink], replace: bool) -> Decision {
    let (uuid, label) = ((!uuid.is_empty()).then(|| trakt_uuid(uuid)), slug(label));
    let account = Account {
        uuid: uuid.as_ref(),
        slug: &label,
    };
    decide(user_id(1), account, rows, replace)
}
