//! What is written, letter by letter.

use serde_json::{Value, json};
use trakt_api::endpoints::{
    AddRatings, AddToHistory, Authorize, Checkin, CodeVerifier, RemoveFromHistory, ScrobbleStart,
};
use trakt_api::{
    Batch, Endpoint, Entry, EpisodeEntry, Extent, Ids, Named, Percent, Plain, Play, Playing, Rate,
    Rating, SeasonEntry, ShowEntry, WatchedAt,
};

use crate::fake::config;

fn body<E: Endpoint>(endpoint: &E) -> Value {
    endpoint.body().unwrap()
}

#[test]
fn plays() {
    let at = |watched_at| Play { watched_at };
    let time = "2014-09-01T09:10:11.5Z".parse().unwrap();
    let episode = EpisodeEntry {
        number: 2,
        with: at(WatchedAt::At(time)),
    };
    let season = SeasonEntry {
        number: 0,
        extent: Extent::Parts(vec![episode]),
    };
    let named = Named {
        title: Some("TRON".to_owned()),
        year: Some(2010),
        ..Named::default()
    };
    let plays = Batch {
        movies: vec![
            Entry {
                item: Ids::trakt(1).into(),
                with: at(WatchedAt::Released),
            },
            Entry {
                item: named,
                with: at(WatchedAt::Unknown),
            },
        ],
        shows: vec![ShowEntry {
            item: Ids::tvdb(4).into(),
            extent: Extent::Parts(vec![season]),
        }],
        ..Batch::default()
    };
    assert_eq!(
        body(&AddToHistory { plays: &plays }),
        json!({
            "movies": [
                {"ids": {"trakt": 1}, "watched_at": "released"},
                {"title": "TRON", "year": 2010, "watched_at": "unknown"},
            ],
            "shows": [{"ids": {"tvdb": 4}, "seasons": [{"number": 0, "episodes": [
                {"number": 2, "watched_at": "2014-09-01T09:10:11.500Z"},
            ]}]}],
        })
    );
    // Three digits, also of nothing.
    let time = "2014-09-01T11:10:11+02:00".parse().unwrap();
    let text = serde_json::to_value(WatchedAt::At(time)).unwrap();
    assert_eq!(text, "2014-09-01T09:10:11.000Z");
}

/// To Trakt a show without seasons is all of it, and a season without episodes too.
#[test]
fn no_parts_are_nothing_and_not_the_whole() {
    let show = |extent| ShowEntry {
        item: Ids::trakt(4).into(),
        extent,
    };
    let season = |number, extent| SeasonEntry { number, extent };
    let nothing = || {
        [
            show(Extent::Parts(Vec::new())),
            show(Extent::Parts(vec![season(1, Extent::Parts(Vec::new()))])),
        ]
    };
    let remove = |shows| {
        let all_of = Batch {
            shows,
            ..Batch::default()
        };
        let ids = &[];
        let remove = RemoveFromHistory {
            ids,
            all_of: &all_of,
        };
        (all_of.is_empty(), body(&remove))
    };
    assert_eq!(remove(nothing().into()), (true, json!({})));

    // Nor does a thing without a name mean anything.
    let nobody = ShowEntry {
        item: Named::default(),
        extent: Extent::Whole(Plain {}),
    };
    assert_eq!(remove(vec![nobody]), (true, json!({})));
    let entry = |item: Named| Entry {
        item,
        with: Plain {},
    };
    let all_of = Batch {
        movies: vec![entry(Named::default())],
        episodes: vec![entry(Named::default()), entry(Ids::tvdb(7).into())],
        ..Batch::default()
    };
    let named = body(&RemoveFromHistory {
        ids: &[],
        all_of: &all_of,
    });
    assert_eq!(named, json!({"episodes": [{"ids": {"tvdb": 7}}]}));

    let whole = show(Extent::Whole(Plain {}));
    let part = show(Extent::Parts(vec![
        season(1, Extent::Parts(Vec::new())),
        season(2, Extent::Whole(Plain {})),
    ]));
    let mut shows = Vec::from(nothing());
    shows.extend([whole, part]);
    let expected = json!({"shows": [
        {"ids": {"trakt": 4}},
        {"ids": {"trakt": 4}, "seasons": [{"number": 2}]},
    ]});
    assert_eq!(remove(shows), (false, expected));
}

#[test]
fn removals() {
    let nothing = Batch::default();
    let one = RemoveFromHistory {
        ids: &[9_007_199_254_740_993],
        all_of: &nothing,
    };
    assert_eq!(body(&one), json!({"ids": [9_007_199_254_740_993_i64]}));
    let all_of = Batch {
        episodes: vec![Entry {
            item: Ids::trakt(5).into(),
            with: Plain {},
        }],
        ..Batch::default()
    };
    let all = RemoveFromHistory {
        ids: &[],
        all_of: &all_of,
    };
    assert_eq!(body(&all), json!({"episodes": [{"ids": {"trakt": 5}}]}));
    assert!(nothing.is_empty() && !all_of.is_empty());
}

#[test]
fn ratings_are_one_to_ten() {
    let given: Vec<_> = (0..=11).filter_map(Rating::new).map(Rating::get).collect();
    assert_eq!(given, (1..=10).collect::<Vec<_>>());
    let with = Rate {
        rating: Rating::new(7).unwrap(),
        rated_at: None,
    };
    let ratings = Batch {
        movies: vec![Entry {
            item: Ids::imdb("tt1").into(),
            with,
        }],
        ..Batch::default()
    };
    let expected = json!({"movies": [{"ids": {"imdb": "tt1"}, "rating": 7}]});
    assert_eq!(body(&AddRatings { ratings: &ratings }), expected);
}

#[test]
fn a_player_is_somewhere_between_its_ends() {
    for percent in [f64::NAN, f64::INFINITY, -0.1, 100.1] {
        assert_eq!(Percent::new(percent), None);
    }
    for percent in [0.0, 79.9, 100.0] {
        assert_eq!(
            Percent::new(percent).unwrap().get().to_bits(),
            percent.to_bits()
        );
    }
    let playing = &Playing::EpisodeOf {
        show: Ids::trakt(4).into(),
        season: 0,
        number: 2,
    };
    let progress = Percent::new(12.5).unwrap();
    let expected = json!({
        "show": {"ids": {"trakt": 4}}, "episode": {"season": 0, "number": 2}, "progress": 12.5,
    });
    assert_eq!(body(&ScrobbleStart { playing, progress }), expected);
    let playing = &Playing::Episode(Ids::trakt(5));
    let expected = json!({"episode": {"ids": {"trakt": 5}}, "progress": 12.5});
    assert_eq!(body(&ScrobbleStart { playing, progress }), expected);
    let playing = &Playing::Movie(Ids::trakt(6).into());
    let expected = json!({"movie": {"ids": {"trakt": 6}}});
    assert_eq!(
        body(&Checkin {
            playing,
            message: None
        }),
        expected
    );
}

#[test]
fn a_slug_that_looks_like_a_number_names_nothing_in_a_path() {
    let mut ids = Ids {
        slug: Some("24".to_owned()),
        ..Ids::imdb("tt0285331")
    };
    assert_eq!(ids.in_path(), Some("tt0285331".into()));
    ids.slug = Some("24-2001".to_owned());
    assert_eq!(ids.in_path(), Some("24-2001".into()));
    ids.trakt = Some(7);
    assert_eq!(ids.in_path(), Some(7.into()));
}

/// RFC 7636, appendix B.
#[test]
fn a_challenge_is_the_verifier_s_hash() {
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
    let verifier = CodeVerifier::new(verifier).unwrap();
    assert_eq!(
        verifier.challenge(),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
    assert_eq!(format!("{verifier:?}"), "CodeVerifier(…)");
    for bad in [
        "a".repeat(42),
        "a".repeat(129),
        "é".repeat(43),
        "a b".repeat(20),
    ] {
        assert!(CodeVerifier::new(bad).is_none());
    }
}

#[test]
fn the_page_that_a_browser_is_sent_to() {
    let config = config("https://api.trakt.tv", "https://auth.trakt.tv");
    let mut page = Authorize {
        state: "a&b",
        code_challenge: None,
        signup: false,
        login: false,
    };
    let url = page.url(&config).unwrap();
    let plain = "https://auth.trakt.tv/oauth/authorize?response_type=code&client_id=client-id\
        &redirect_uri=https%3A%2F%2Fexample.org%2Fback&state=a%26b";
    assert_eq!(url.as_str(), plain);
    page = Authorize {
        code_challenge: Some("c"),
        signup: true,
        login: true,
        ..page
    };
    let more = "&code_challenge=c&code_challenge_method=S256&signup=true&prompt=login";
    assert_eq!(
        page.url(&config).unwrap().as_str(),
        format!("{plain}{more}")
    );
}
