//! Things as callers name them.

use trakt_core::scrobble::{Sought, SoughtIds};
use trakt_core::watch::ItemKind;

use crate::http::Fields;

/// What can be played.
pub const PLAYABLE: &[ItemKind] = &[ItemKind::Movie, ItemKind::Episode];
/// What can be rated or listed.
pub const ANY: &[ItemKind] = ItemKind::ALL;

/// The thing of a body: `movie`, `show`, `season` or `episode` by `ids`, or `show` with the `season`
/// and `number` of its `episode`. A media object of ours may be given as it is.
pub fn item(fields: &mut Fields, kinds: &[ItemKind]) -> Option<Sought> {
    let mut found = Vec::new();
    let show = fields.object("show", media);
    for kind in [ItemKind::Movie, ItemKind::Season, ItemKind::Episode] {
        let name = kind.as_str();
        let Some(media) = fields.object(name, media) else {
            continue;
        };
        let of_show = show.as_ref().filter(|_| kind == ItemKind::Episode);
        if kind == ItemKind::Movie && show.is_some() {
            fields.wrong("show", "must not stand beside a movie");
        }
        match (media, of_show) {
            (Media { ids, .. }, _) if !ids.is_empty() => found.push(Sought::Own { kind, ids }),
            (
                Media {
                    season: Some(season),
                    number: Some(number),
                    ..
                },
                Some(show),
            ) if !show.ids.is_empty() => found.push(Sought::EpisodeOf {
                show: show.ids.clone(),
                season,
                number,
            }),
            _ if kind == ItemKind::Episode => fields.wrong(
                name,
                "must have ids, or season and number beside the ids of the show",
            ),
            _ => fields.wrong(name, "must have ids"),
        }
    }
    if let (Some(Media { ids, .. }), true) = (show, found.is_empty()) {
        let kind = ItemKind::Show;
        match ids.is_empty() {
            true => fields.wrong("show", "must have ids"),
            false => found.push(Sought::Own { kind, ids }),
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(sought), true) if kinds.contains(&sought.kind()) => return Some(sought),
        (Some(sought), true) => fields.wrong(
            sought.kind().as_str(),
            &format!("must be one of {}", words(kinds)),
        ),
        (Some(_), false) => fields.wrong("", &format!("must name one of {}", words(kinds))),
        (None, _) => {
            fields.wrong(words(kinds).split(',').next().unwrap_or(""), "is required");
        }
    }
    None
}

/// The highest number of a season or an episode.
pub const MAX_PLACE: i64 = 100_000;

fn words(kinds: &[ItemKind]) -> String {
    let words: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    words.join(", ")
}

struct Media {
    ids: SoughtIds,
    season: Option<i32>,
    number: Option<i32>,
}

fn media(fields: &mut Fields) -> Media {
    fields.ignore("title");
    fields.ignore("year");
    let mut place = |name| {
        let number = fields.whole(name, 0, MAX_PLACE);
        number.and_then(|number| i32::try_from(number).ok())
    };
    let (season, number) = (place("season"), place("number"));
    Media {
        season,
        number,
        ids: fields.object("ids", ids).unwrap_or_default(),
    }
}

fn ids(fields: &mut Fields) -> SoughtIds {
    SoughtIds {
        trakt: fields.whole("trakt", 1, i64::MAX),
        tmdb: fields.whole("tmdb", 1, i64::MAX),
        tvdb: fields.whole("tvdb", 1, i64::MAX),
        slug: fields.optional("slug", |text| {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
            word(
                text,
                fits,
                "must be Trakt's word, such as the-dark-knight-2008",
            )
        }),
        imdb: fields.optional("imdb", |text| {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            word(text, fits, "must be an id of imdb.com, such as tt0468569")
        }),
    }
}

fn word(
    text: &str,
    fits: impl Fn(u8) -> bool,
    wrong: &'static str,
) -> Result<String, &'static str> {
    let fits = (1..=200).contains(&text.len()) && text.bytes().all(fits);
    fits.then(|| text.to_owned()).ok_or(wrong)
}
