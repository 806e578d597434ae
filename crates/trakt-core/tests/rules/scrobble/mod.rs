//! What is sent to Trakt, in which order, and what becomes of it.

mod plan;
mod push;

use std::time::Duration;

use trakt_core::WriteId;
use trakt_core::scrobble::{Deed, Sought, SoughtIds, Target, Waiting};
use trakt_core::watch::ItemKind;
use uuid::Uuid;

use crate::bench::now;

fn id(n: u128) -> WriteId {
    Uuid::from_u128(n).into()
}

fn target(trakt: i64) -> Target {
    let kind = ItemKind::Movie;
    Target { kind, trakt }
}

/// One about movie `n`, taken just now.
fn waiting(n: u128, deed: Deed) -> Waiting {
    Waiting {
        id: id(n),
        deed,
        item: Some(target(i64::try_from(n).unwrap())),
        sought: None,
        at: now(),
        number: match deed {
            Deed::Rate => Some(7.0),
            Deed::Start | Deed::Pause => Some(20.0),
            Deed::Stop => Some(95.0),
            _ => None,
        },
        play: None,
        age: Duration::ZERO,
        sent: false,
        alone: false,
    }
}

fn sought(trakt: i64) -> Sought {
    let ids = SoughtIds {
        trakt: Some(trakt),
        ..SoughtIds::default()
    };
    let kind = ItemKind::Movie;
    Sought::Own { kind, ids }
}
