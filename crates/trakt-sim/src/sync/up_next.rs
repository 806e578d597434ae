//! `/sync/progress/…`: shows to go on with.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::progress::summary;
use crate::call::{Params, Signed};
use crate::catalogue::Item;
use crate::library::{ListName, Media, Section, ShowProgress, Wanted, Watched};
use crate::paging::{Page, USUAL};
use crate::world::Shared;

/// What Trakt says of the length of its up-next lists, however long they are.
const SAID_COUNT: usize = 1337;

/// Which shows are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Intent {
    /// Begun, with something left.
    Continue,
    /// On the watchlist and not begun.
    Start,
    Completed,
    /// The first two.
    All,
}

/// All shows that were begun, with their true number.
pub(super) async fn watched(State(sim): State<Shared>, signed: Signed) -> Response {
    let params = &signed.params;
    let page = Page::asked(params, USUAL);
    let mut world = sim.world();
    let mut media = signed.reads(&mut world);
    let mut all = begun(&mut media);
    if params.flag("hide_completed") {
        all.retain(|(_, progress)| progress.completed < progress.aired);
    }
    if params.flag("hide_not_completed") {
        all.retain(|(_, progress)| progress.completed >= progress.aired);
    }
    if params.flag("only_rewatching") {
        all.retain(|(_, progress)| progress.reset_at.is_some());
    }
    let count = all.len();
    page.answer(write(&media, params, page.of(all.into_iter())), count)
}

pub(super) async fn up_next(State(sim): State<Shared>, signed: Signed) -> Response {
    list(&sim, &signed, Intent::Continue)
}

pub(super) async fn nitro(State(sim): State<Shared>, signed: Signed) -> Response {
    let intent = match signed.params.get("intent") {
        Some("continue") => Intent::Continue,
        Some("start") => Intent::Start,
        Some("completed") => Intent::Completed,
        _ => Intent::All,
    };
    list(&sim, &signed, intent)
}

fn list(sim: &Shared, signed: &Signed, intent: Intent) -> Response {
    let page = Page::asked(&signed.params, USUAL);
    let mut world = sim.world();
    let mut media = signed.reads(&mut world);
    let mut all = match intent {
        Intent::Start => Vec::new(),
        _ => begun(&mut media),
    };
    all.retain(|(_, progress)| match intent {
        Intent::Completed => progress.completed >= progress.aired,
        _ => progress.next.is_some(),
    });
    if matches!(intent, Intent::Start | Intent::All) {
        all.extend(to_begin(&mut media));
    }
    if signed.params.get("sort_how") == Some("asc") {
        all.reverse();
    }
    let items = write(&media, &signed.params, page.of(all.into_iter()));
    page.answer(items, SAID_COUNT)
}

fn write(
    media: &Media<'_>,
    params: &Params,
    shows: impl Iterator<Item = (u32, ShowProgress)>,
) -> Vec<Value> {
    let write = |(show, progress): (u32, ShowProgress)| {
        json!({
            "show": media.catalogue.describe(Item::Show(show), params.detail(), media.now),
            "progress": summary(media.catalogue, &progress, params, media.now),
        })
    };
    shows.map(write).collect()
}

/// The one watched last first; none that was dropped or hidden.
fn begun(media: &mut Media<'_>) -> Vec<(u32, ShowProgress)> {
    let watched = media.library.watched(media.catalogue);
    let shows = Watched::newest_first(&watched.shows);
    let shows = shows.into_iter().map(|(show, _)| show);
    shows.filter_map(|show| shown(media, show)).collect()
}

/// In the order of the watchlist.
fn to_begin(media: &mut Media<'_>) -> Vec<(u32, ShowProgress)> {
    let listed: Vec<u32> = media
        .library
        .list(ListName::Watchlist)
        .entries
        .iter()
        .filter(|entry| matches!(entry.item, Item::Show(_)))
        .map(|entry| entry.item.index())
        .collect();
    // Also specials, and plays of which nobody knows when, are a beginning.
    let watched = media.library.watched(media.catalogue);
    let listed: Vec<u32> = listed
        .into_iter()
        .filter(|show| !watched.contains(Item::Show(*show)))
        .collect();
    let shows = listed.into_iter().filter_map(|show| shown(media, show));
    shows
        .filter(|(_, progress)| progress.next.is_some())
        .collect()
}

fn shown(media: &mut Media<'_>, show: u32) -> Option<(u32, ShowProgress)> {
    let hidden = [Section::Dropped, Section::ProgressWatched]
        .into_iter()
        .any(|section| media.library.is_hidden(section, Item::Show(show)));
    let progress = || {
        let wanted = Wanted::default();
        let progress = media
            .library
            .progress(media.catalogue, show, media.now, wanted);
        (show, progress)
    };
    (!hidden).then(progress)
}
