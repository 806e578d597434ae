//! Bodies of writes.

use trakt_api::{
    Batch, Entry, Extent, Favorites, Ids, Plain, Play, Playing, Rate, Rating, ShowEntry, WatchedAt,
};
use trakt_core::scrobble::{Target, Waiting};
use trakt_core::watch::ItemKind;

/// Each thing by its kind and Trakt's number.
fn batch<T>(writes: &[Waiting], with: impl Fn(&Waiting) -> Option<T>) -> Batch<T> {
    let mut batch = Batch::default();
    for write in writes {
        let (Some(of), Some(with)) = (write.item, with(write)) else {
            continue;
        };
        let item = Ids::trakt(of.trakt).into();
        match of.kind {
            ItemKind::Movie => batch.movies.push(Entry { item, with }),
            ItemKind::Season => batch.seasons.push(Entry { item, with }),
            ItemKind::Episode => batch.episodes.push(Entry { item, with }),
            _ => batch.shows.push(ShowEntry {
                item,
                extent: Extent::Whole(with),
            }),
        }
    }
    batch
}

pub fn plays(writes: &[Waiting]) -> Batch<Play> {
    batch(writes, |write| {
        let watched_at = WatchedAt::At(write.at);
        Some(Play { watched_at })
    })
}

pub fn ratings(writes: &[Waiting]) -> Batch<Rate> {
    batch(writes, |write| {
        let number = write.number.filter(|n| (1.0..=10.0).contains(n))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 to 10"
        )]
        let rating = Rating::new(number as u8)?;
        let rated_at = Some(write.at);
        Some(Rate { rating, rated_at })
    })
}

pub fn things<T: Default>(writes: &[Waiting]) -> Batch<T> {
    batch(writes, |_| Some(T::default()))
}

/// Movies and shows as a whole.
pub fn titles(writes: &[Waiting]) -> Favorites<Plain> {
    let mut titles = Favorites::default();
    for of in writes.iter().filter_map(|write| write.item) {
        let entry = Entry {
            item: Ids::trakt(of.trakt).into(),
            with: Plain {},
        };
        match of.kind {
            ItemKind::Movie => titles.movies.push(entry),
            _ => titles.shows.push(entry),
        }
    }
    titles
}

pub fn playing(of: Target) -> Playing {
    let ids = Ids::trakt(of.trakt);
    match of.kind {
        ItemKind::Movie => Playing::Movie(ids.into()),
        _ => Playing::Episode(ids),
    }
}
