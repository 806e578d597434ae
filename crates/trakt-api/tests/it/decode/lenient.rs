//! Whatever stands in the place of a detail, the item stays, and so do the details beside it.

use serde_json::{Value, json};
use trakt_api::Media;
use trakt_api::endpoints::GetHistory;

use super::lists::sent;

/// A movie with every detail.
fn movie() -> Value {
    json!({
        "title": "TRON", "year": 2010,
        "ids": {"trakt": 1, "slug": "tron", "imdb": "tt1", "tmdb": 2, "tvdb": 3,
            "plex": {"guid": "g", "slug": "s"}},
        "overview": "o", "tagline": "t", "released": "2010-12-16", "runtime": 125,
        "country": "us", "language": "en", "status": "released", "rating": 7.2, "votes": 10,
        "certification": "PG", "genres": ["action"], "trailer": "a", "homepage": "b",
        "updated_at": "2014-07-23T03:21:46.000Z", "images": {"poster": ["p"]},
    })
}

fn read(movie: &Value) -> trakt_api::Movie {
    let item = json!([{"id": 1, "type": "movie", "movie": movie}]);
    let list = sent(&GetHistory::default(), &item).unwrap();
    match list.items.into_iter().next().map(|item| item.media) {
        Some(Media::Movie(movie)) => *movie,
        other => panic!("{other:?}: {movie}"),
    }
}

#[test]
fn any_detail_may_be_anything() {
    let whole = read(&movie());
    assert_eq!(whole.genres, ["action"]);
    assert_eq!(whole.rating, Some(7.2));
    let images = whole.images.as_ref().unwrap();
    assert_eq!(images.poster, ["p"]);
    let fields: Vec<String> = movie().as_object().unwrap().keys().cloned().collect();
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!("é"),
        json!([]),
        json!([[{}], null, 1]),
        json!({}),
        json!({"a": [{}]}),
    ];
    // But for its name: see below.
    for field in fields.iter().filter(|field| *field != "ids") {
        for value in &odd {
            let mut sent = movie();
            sent[field] = value.clone();
            let given = read(&sent);
            let other = if field == "title" {
                given.year.is_some()
            } else {
                given.title.is_some()
            };
            assert!(other, "{field}: {value}");
            // What was not touched is as it was.
            if field != "genres" {
                assert_eq!(given.genres, whole.genres, "{field}: {value}");
            }
            if field != "ids" {
                assert_eq!(given.ids, whole.ids, "{field}: {value}");
            }
        }
    }
}

#[test]
fn an_id_that_cannot_be_read_is_missing() {
    let mut sent = movie();
    sent["ids"]["tmdb"] = json!("20526");
    sent["ids"]["imdb"] = json!(1_104_001);
    sent["ids"]["plex"] = json!(7);
    let ids = read(&sent).ids;
    assert_eq!((ids.tmdb, ids.imdb, ids.plex), (None, None, None));
    assert_eq!((ids.trakt, ids.tvdb), (Some(1), Some(3)));
}
