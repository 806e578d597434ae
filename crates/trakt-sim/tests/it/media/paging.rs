//! Pages: their limits, their headers and their ends.

use trakt_sim::{Config, Generated, MediaType, NewPlay, Settings};

use super::Viewer;

/// With this many plays of as many movies, one a minute.
fn viewer(plays: u64) -> Viewer {
    let viewer = Viewer::vip();
    let play = |index: u64| NewPlay {
        media: MediaType::Movie,
        trakt: index + 1,
        watched_at_ms: 1_600_000_000_000 + index * 60_000,
        action: trakt_sim::Action::Watch,
    };
    let plays: Vec<NewPlay> = (0..plays).map(play).collect();
    viewer.sim.add_plays("sean", &plays).unwrap();
    viewer
}

#[test]
fn pages_end_where_they_should() {
    for plays in [0, 1, 99, 100, 101, 250, 251, 501] {
        let viewer = viewer(plays as u64);
        let reply = viewer.get("/sync/history");
        assert_eq!(
            reply.pagination(),
            [1, 100, usize::div_ceil(plays, 100), plays]
        );
        assert_eq!(reply.ok().as_array().unwrap().len(), plays.min(100));
        for limit in [1, 100, 249, 250] {
            if plays / limit > 300 {
                continue;
            }
            let all = viewer.pages("/sync/history", limit);
            assert_eq!(all.len(), plays);
            let ids: Vec<u64> = all
                .iter()
                .map(|play| play["id"].as_u64().unwrap())
                .collect();
            let expected = viewer.sim.plays("sean").unwrap();
            assert!(ids.iter().eq(expected.iter().map(|play| &play.id)));
        }
        let last = usize::div_ceil(plays, 250).max(1);
        let beyond = viewer.get(&format!("/sync/history?limit=250&page={}", last + 1));
        assert_eq!(
            beyond.pagination(),
            [last + 1, 250, usize::div_ceil(plays, 250), plays]
        );
        assert_eq!(beyond.ok().as_array().unwrap().len(), 0);
    }
}

#[test]
fn a_limit_that_is_too_large_is_clamped_without_a_word() {
    let viewer = viewer(260);
    for (path, limit) in [
        ("/sync/history?limit=1000", 250),
        ("/sync/history?limit=250", 250),
        ("/sync/history?limit=0", 100),
        ("/sync/watched/movies?limit=251", 250),
        ("/sync/watched/shows?limit=1000", 250),
        ("/sync/watched/shows?extended=progress&limit=1000", 100),
        ("/sync/watchlist?limit=1000", 250),
        ("/sync/favorites?limit=1000", 250),
        ("/sync/ratings?limit=1000", 250),
        ("/sync/collection/movies?limit=1000", 250),
        ("/search/movie?query=the&limit=1000", 250),
        ("/search/movie?query=the", 50),
    ] {
        let reply = viewer.get(path);
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.pagination()[1], limit, "{path}");
    }
    let clamped = viewer.get("/sync/watched/movies?limit=9999");
    assert_eq!(clamped.pagination(), [1, 250, 2, 260]);
    assert_eq!(clamped.ok().as_array().unwrap().len(), 250);
}

#[test]
fn whole_maps_come_at_once_unless_a_page_is_asked_for() {
    let viewer = viewer(260);
    let whole = viewer.get("/sync/watched/movies?extended=min");
    assert_eq!(whole.header("x-pagination-page"), "");
    assert_eq!(whole.ok().as_object().unwrap().len(), 260);
    let paged = viewer.get("/sync/watched/movies?extended=min&page=2&limit=200");
    assert_eq!(paged.pagination(), [2, 200, 2, 260]);
    assert_eq!(paged.ok().as_object().unwrap().len(), 60);
    for (asked, items) in [("page=3", 60), ("limit=7", 7)] {
        let path = format!("/sync/watched/movies?extended=min&{asked}");
        let paged = viewer.get(&path).ok();
        assert_eq!(paged.as_object().unwrap().len(), items, "{asked}");
    }
}

#[test]
fn up_next_lies_about_its_length() {
    let generated = Some(Generated {
        accounts: 1,
        seed: 3,
        plays: 2_000,
    });
    let viewer = Viewer::start(
        Config {
            generated,
            ..Config::default()
        },
        "viewer-1",
    );
    for path in ["/sync/progress/up_next", "/sync/progress/up_next_nitro"] {
        let reply = viewer.get(&format!("{path}?limit=5"));
        assert_eq!(reply.pagination(), [1, 5, 268, 1337], "{path}");
        assert_eq!(reply.ok().as_array().unwrap().len(), 5);
        assert_eq!(
            viewer
                .get(&format!("{path}?limit=5&page=200"))
                .ok()
                .as_array()
                .unwrap()
                .len(),
            0
        );
    }
}

#[test]
fn the_old_backend_promises_a_page_too_many() {
    let viewer = viewer(250);
    viewer.sim.set(Settings {
        rails: Some(true),
        ..Settings::default()
    });
    let reply = viewer.get("/sync/history?limit=100&page=3");
    assert_eq!(reply.header("x-trakt-server"), "rails");
    assert_eq!(reply.pagination(), [3, 100, 4, 350]);
    assert_eq!(reply.ok().as_array().unwrap().len(), 50);
    let promised = viewer.get("/sync/history?limit=100&page=4").ok();
    assert_eq!(promised.as_array().unwrap().len(), 0);
    assert_eq!(viewer.pages("/sync/history", 100).len(), 250);
    let unpaged = viewer.get("/sync/last_activities");
    assert_eq!(unpaged.header("x-trakt-server"), "rails");
    assert_eq!(unpaged.header("x-pagination-page-count"), "");
}
