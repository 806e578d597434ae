//! Trakt's client and its simulator, each against the other: what one writes the other reads, area
//! by area.

use trakt_api::endpoints::{
    AddRatings, AddToCollection, AddToFavorites, AddToHistory, AddToWatchlist, Authorize, Checkin,
    CodeVerifier, Extended, GetCollectedMovies, GetCollectedShows, GetEpisode, GetFavorites,
    GetHistory, GetLastActivities, GetMovie, GetMyMovies, GetMyShows, GetPlayback, GetRatings,
    GetRecommendedMovies, GetRecommendedShows, GetSeason, GetSettings, GetShow, GetStats,
    GetUpNext, GetWatchedMovieIds, GetWatchedMovies, GetWatchedProgress, GetWatchedShowIds,
    GetWatchedShows, GetWatchlist, HideMovie, HistoryOf, Of, RemoveCheckin, RemoveFromCollection,
    RemoveFromFavorites, RemoveFromHistory, RemoveFromWatchlist, RemovePlayback, RemoveRatings,
    ResetWatchedProgress, ScrobblePause, ScrobbleStop, SearchById, SearchByText, UndoWatchedReset,
};
use trakt_api::{
    AccessToken, Action, AuthorizationCode, BaseUrl, Batch, Call, Class, Client, Collect, Config,
    Coverage, DeviceToken, Edge, Endpoint, Entry, EpisodeEntry, Error, IdType, Ids, Items, Kind,
    Media, Note, Paged, Percent, Plain, Play, Playing, Rate, Rating, SeasonEntry, ShowEntry,
    WatchedAt,
};
use trakt_sim::{AccountChange, Fault, ItemLimit, Limits, Sim};

/// Somebody signed in at a simulator of their own.
struct Viewer {
    sim: Sim,
    client: Client,
    token: AccessToken,
}

impl Viewer {
    /// `sean`, by the device flow.
    fn new() -> Self {
        let sim = Sim::start(trakt_sim::Config::default()).unwrap();
        let client = client(&sim);
        let code = client.device_code(Client::WITHIN).unwrap();
        let polled = client.device_token(&code.device_code, Client::WITHIN);
        assert!(matches!(polled.unwrap(), DeviceToken::Pending));
        sim.approve(&code.user_code, "sean").unwrap();
        sim.advance(10);
        let polled = client.device_token(&code.device_code, Client::WITHIN);
        let DeviceToken::Approved(grant) = polled.unwrap() else {
            panic!("it is approved");
        };
        let token = grant.access_token;
        Self { sim, client, token }
    }

    fn ask<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, Error> {
        self.client.send(endpoint, Call::of(&self.token))
    }

    fn send<E: Endpoint>(&self, endpoint: &E) -> E::Reply {
        self.ask(endpoint).unwrap()
    }

    /// All of a list; it must be complete.
    fn all<E: Paged>(&self, endpoint: &E) -> Vec<E::Item> {
        let pages = self.client.pages(endpoint, Call::of(&self.token));
        pages.limit(2).everything().unwrap()
    }

    fn class<E: Endpoint>(&self, endpoint: &E) -> Class {
        match self.ask(endpoint) {
            Err(error) => error.class().unwrap().clone(),
            Ok(_) => panic!("it is not refused"),
        }
    }
}

fn client(sim: &Sim) -> Client {
    Client::new(config(sim)).unwrap()
}

fn config(sim: &Sim) -> Config {
    let url = || BaseUrl::parse(sim.url()).unwrap();
    Config {
        api_url: url(),
        auth_url: url(),
        client_id: "trakt-sim-client-id".to_owned(),
        client_secret: Some("trakt-sim-client-secret".to_owned().into()),
        redirect_uri: "http://127.0.0.1/back".to_owned(),
        user_agent: "protocol/1.0".to_owned(),
    }
}

/// The movies with these numbers.
fn movies<T: Clone>(ids: &[i64], with: &T) -> Batch<T> {
    let entry = |id: &i64| Entry {
        item: Ids::trakt(*id).into(),
        with: with.clone(),
    };
    Batch {
        movies: ids.iter().map(entry).collect(),
        ..Batch::default()
    }
}

/// The first episodes of a show's first season.
fn episodes<T: Clone>(show: i64, numbers: &[u32], with: &T) -> Batch<T> {
    let episode = |number: &u32| EpisodeEntry {
        number: *number,
        with: with.clone(),
    };
    let season = SeasonEntry {
        number: 1,
        with: None,
        episodes: numbers.iter().map(episode).collect(),
    };
    Batch {
        shows: vec![ShowEntry {
            item: Ids::trakt(show).into(),
            with: None,
            seasons: vec![season],
        }],
        ..Batch::default()
    }
}

fn at(text: &str) -> Play {
    let watched_at = WatchedAt::At(text.parse().unwrap());
    Play { watched_at }
}

const DAY: &str = "2014-09-01T09:10:11.123Z";

#[test]
fn history() {
    let viewer = Viewer::new();
    let before = viewer.send(&GetLastActivities);
    let plays = movies(&[1, 2, 1], &at(DAY));
    let changed = viewer.send(&AddToHistory { plays: &plays });
    assert_eq!(changed.added.movies, 3);
    let unknown = movies(&[999_999_999], &at(DAY));
    let changed = viewer.send(&AddToHistory { plays: &unknown });
    assert_eq!(
        changed.not_found.movies.items[0].ids,
        Ids::trakt(999_999_999)
    );

    let added = viewer.send(&GetLastActivities);
    assert_ne!(added.movies.watched_at, before.movies.watched_at);
    assert_eq!(added.episodes.watched_at, before.episodes.watched_at);
    let seen = viewer.all(&GetHistory::default());
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|play| play.watched_at == DAY.parse().ok()));
    assert!(seen.iter().all(|play| play.action == Some(Action::Watch)));
    let twice = viewer.all(&GetHistory {
        of: HistoryOf::Movie(1),
        ..GetHistory::default()
    });
    assert_eq!(twice.len(), 2);

    let ids: Vec<i64> = twice.iter().take(1).map(|play| play.id).collect();
    let nothing = Batch::default();
    let all_of = &nothing;
    let changed = viewer.send(&RemoveFromHistory { ids: &ids, all_of });
    assert_eq!(changed.deleted.movies, 1);
    let changed = viewer.send(&RemoveFromHistory { ids: &ids, all_of });
    assert_eq!(changed.not_found.ids.items, ids);
    let all_of = &movies(&[1, 2], &Plain {});
    viewer.send(&RemoveFromHistory { ids: &[], all_of });
    assert!(viewer.all(&GetHistory::default()).is_empty());
    let removed = viewer.send(&GetLastActivities);
    assert_ne!(removed.movies.watched_at, added.movies.watched_at);
}

#[test]
fn watched_sets_and_progress() {
    let viewer = Viewer::new();
    let plays = movies(&[1, 2, 3], &at(DAY));
    viewer.send(&AddToHistory { plays: &plays });
    let plays = episodes(1, &[1, 2], &at(DAY));
    viewer.send(&AddToHistory { plays: &plays });

    assert_eq!(viewer.all(&GetWatchedMovies::default()).len(), 3);
    assert_eq!(viewer.send(&GetWatchedMovieIds)[&2].len(), 1);
    let shows = viewer.all(&GetWatchedShows {
        extended: Some(Extended::Progress),
        specials: false,
    });
    let seasons = shows[0].seasons.as_ref().unwrap();
    let numbers: Vec<_> = seasons[0].episodes.iter().map(|one| one.number).collect();
    assert_eq!((shows.len(), numbers), (1, vec![1, 2]));
    assert_eq!(viewer.send(&GetWatchedShowIds)[&1][&1].len(), 2);
    assert_eq!(viewer.all(&GetWatchedShows::default())[0].seasons, None);

    let progress = || {
        viewer.send(&GetWatchedProgress {
            show: 1.into(),
            hidden: false,
            specials: false,
            count_specials: false,
        })
    };
    let begun = progress();
    assert_eq!(begun.completed, 2);
    assert!(begun.aired >= 2);
    assert!(begun.seasons[0].episodes[1].completed);
    if let Some(next) = begun.next_episode {
        assert!((next.season, next.number) > (1, 2));
    }
    viewer.send(&ResetWatchedProgress { show: 1.into() });
    assert!(progress().reset_at.is_some());
    assert_eq!(progress().completed, 0);
    viewer.send(&UndoWatchedReset { show: 1.into() });
    assert_eq!((progress().completed, progress().reset_at), (2, None));
    let up_next = viewer.send(&GetUpNext);
    assert!(up_next.bad.is_empty());
    let stats = viewer.send(&GetStats { slug: "me" });
    assert_eq!((stats.movies.plays, stats.episodes.plays), (3, 2));
}

#[test]
fn players() {
    let viewer = Viewer::new();
    let playing = &Playing::Movie(Ids::trakt(4).into());
    let at = |percent| Percent::new(percent).unwrap();
    let paused = viewer.send(&ScrobblePause {
        playing,
        progress: at(12.5),
    });
    assert!(!paused.is_watched());
    let half = viewer.all(&GetPlayback::default());
    assert!((half[0].progress - 12.5).abs() < f64::EPSILON);
    assert_eq!(half[0].media.kind(), Kind::Movie);
    viewer.send(&RemovePlayback { id: half[0].id });
    assert_eq!(
        viewer.class(&RemovePlayback { id: half[0].id }),
        Class::NotFound
    );

    let class = viewer.class(&ScrobbleStop {
        playing,
        progress: at(0.5),
    });
    assert_eq!(class, Class::Unprocessable);
    let watched = viewer.send(&ScrobbleStop {
        playing,
        progress: at(80.0),
    });
    assert!(watched.is_watched());
    assert_eq!(viewer.all(&GetHistory::default())[0].id, watched.id);
    match viewer.class(&ScrobbleStop {
        playing,
        progress: at(80.0),
    }) {
        Class::Conflict { expires_at, .. } => assert!(expires_at.is_some()),
        other => panic!("{other:?}"),
    }

    let playing = &Playing::EpisodeOf {
        show: Ids::trakt(1).into(),
        season: 1,
        number: 1,
    };
    let checkin = Checkin {
        playing,
        message: None,
    };
    assert_eq!(viewer.send(&checkin).media.kind(), Kind::Episode);
    assert!(matches!(viewer.class(&checkin), Class::Conflict { .. }));
    viewer.send(&RemoveCheckin);
    viewer.send(&checkin);
}

#[test]
fn lists() {
    let viewer = Viewer::new();
    let gone = &movies(&[1, 2, 3], &Plain {});
    let three = &movies(&[1, 2, 3], &Note::default());
    let added = viewer.send(&AddToWatchlist { items: three });
    assert_eq!(
        (added.added.movies, added.list.unwrap().item_count),
        (3, Some(3))
    );
    let again = viewer.send(&AddToWatchlist { items: three });
    assert_eq!((again.added.movies, again.existing.movies), (0, 3));
    let list = viewer.all(&GetWatchlist {
        of: Of::Movies,
        extended: None,
    });
    assert_eq!(
        list.iter().map(|item| item.rank).collect::<Vec<_>>(),
        [1, 2, 3].map(Some)
    );
    assert_eq!(viewer.all(&GetWatchlist::default()).len(), 3);
    let removed = viewer.send(&RemoveFromWatchlist { items: gone });
    assert_eq!(removed.deleted.movies, 3);
    assert!(viewer.all(&GetWatchlist::default()).is_empty());

    viewer.send(&AddToFavorites { items: three });
    assert_eq!(viewer.all(&GetFavorites::default()).len(), 3);
    assert_eq!(
        viewer
            .all(&GetFavorites {
                of: Of::Movies,
                extended: None
            })
            .len(),
        3
    );
    viewer.send(&RemoveFromFavorites { items: gone });
    assert!(viewer.all(&GetFavorites::default()).is_empty());

    let nine = Rate {
        rating: Rating::new(9).unwrap(),
        rated_at: DAY.parse().ok(),
    };
    viewer.send(&AddRatings {
        ratings: &movies(&[1, 2, 3], &nine),
    });
    let rated = viewer.all(&GetRatings::default());
    assert!(
        rated
            .iter()
            .all(|item| (item.rating, item.rated_at) == (9, DAY.parse().ok()))
    );
    assert_eq!(rated.len(), 3);
    let of = Of::Movies;
    for (rating, count) in [(9, 3), (8, 0)] {
        let rating = Rating::new(rating);
        assert_eq!(
            viewer
                .all(&GetRatings {
                    of,
                    rating,
                    extended: None
                })
                .len(),
            count
        );
    }
    viewer.send(&RemoveRatings { items: gone });
    assert!(viewer.all(&GetRatings::default()).is_empty());

    let since = Collect {
        collected_at: DAY.parse().ok(),
    };
    viewer.send(&AddToCollection {
        items: &movies(&[1, 2, 3], &since),
    });
    viewer.send(&AddToCollection {
        items: &episodes(1, &[1], &since),
    });
    let owned = viewer.all(&GetCollectedMovies::default());
    assert_eq!((owned.len(), owned[0].collected_at), (3, DAY.parse().ok()));
    assert_eq!(viewer.all(&GetCollectedShows::default()).len(), 1);
    viewer.send(&RemoveFromCollection { items: gone });
    assert!(viewer.all(&GetCollectedMovies::default()).is_empty());
}

fn sound<T: std::fmt::Debug>(items: Items<T>) -> Vec<T> {
    assert!(items.bad.is_empty() && !items.items.is_empty(), "{items:?}");
    items.items
}

#[test]
fn what_there_is_to_watch() {
    let viewer = Viewer::new();
    let full = Some(Extended::Full);
    let movie = viewer.send(&GetMovie {
        movie: 1.into(),
        extended: full,
    });
    assert!(movie.overview.is_some() && movie.runtime.is_some());
    let slug = movie.ids.slug.clone().unwrap();
    let by_slug = viewer.send(&GetMovie {
        movie: slug.as_str().into(),
        extended: None,
    });
    assert_eq!((by_slug.ids, by_slug.overview), (movie.ids.clone(), None));
    let show = viewer.send(&GetShow {
        show: 1.into(),
        extended: full,
    });
    assert!(show.aired_episodes.is_some());
    let season = viewer.send(&GetSeason {
        show: 1.into(),
        season: 1,
        extended: full,
    });
    assert_eq!(season.number, 1);
    let (season, number, extended) = (1, 1, full);
    let episode = viewer.send(&GetEpisode {
        show: 1.into(),
        season,
        number,
        extended,
    });
    assert!(episode.first_aired.is_some());
    let missing = GetMovie {
        movie: "no-such-movie".into(),
        extended: None,
    };
    assert_eq!(viewer.class(&missing), Class::NotFound);

    let title = movie.title.clone().unwrap();
    let (kinds, extended) = (&[Kind::Movie, Kind::Show][..], None);
    let found = sound(viewer.send(&SearchByText {
        kinds,
        query: &title,
        extended,
    }));
    let is_it = |media: &Media| media.ids() == Some(&movie.ids);
    assert!(found.iter().any(|one| is_it(&one.media)));
    let (id_type, kinds) = (IdType::Trakt, &[Kind::Movie][..]);
    let found = sound(viewer.send(&SearchById {
        id_type,
        id: "1",
        kinds,
        extended,
    }));
    assert!(found.iter().all(|one| is_it(&one.media)));

    let best = sound(viewer.send(&GetRecommendedMovies::default()));
    sound(viewer.send(&GetRecommendedShows::default()));
    let first = best[0].ids.in_path().unwrap();
    viewer.send(&HideMovie { movie: first });
    let left = sound(viewer.send(&GetRecommendedMovies::default()));
    assert!(left.iter().all(|movie| movie.ids != best[0].ids));

    let (start_date, days) = ("2014-01-01".parse().unwrap(), 33);
    assert!(
        viewer
            .send(&GetMyShows {
                start_date,
                days,
                extended
            })
            .bad
            .is_empty()
    );
    assert!(
        viewer
            .send(&GetMyMovies {
                start_date,
                days,
                extended
            })
            .bad
            .is_empty()
    );
}

#[test]
fn refusals() {
    let viewer = Viewer::new();
    let change = |change| viewer.sim.change_account("sean", change).unwrap();
    let watchlist = ItemLimit { item_count: 2 };
    let few = Limits {
        watchlist,
        ..viewer.sim.accounts()[0].effective_limits()
    };
    change(AccountChange {
        limits: Some(few),
        ..AccountChange::default()
    });
    let items = &movies(&[1, 2, 3], &Note::default());
    let class = viewer.class(&AddToWatchlist { items });
    assert!(matches!(class, Class::AccountLimit { .. }), "{class:?}");
    let limits = viewer.send(&GetSettings).limits;
    assert_eq!(limits.watchlist.item_count, Some(2));

    change(AccountChange {
        locked: Some(true),
        ..AccountChange::default()
    });
    assert!(matches!(
        viewer.class(&GetHistory::default()),
        Class::Locked { .. }
    ));
    change(AccountChange {
        locked: Some(false),
        ..AccountChange::default()
    });
    let on = "GET /sync/history";
    let faults = [
        (
            Fault::status(429).header("retry-after", "7"),
            Class::RateLimited { limit: None },
        ),
        (Fault::status(503), Class::Overloaded),
        (Fault::status(401), Class::TokenRefused),
    ];
    for (fault, class) in faults {
        viewer.sim.fault(on, fault).unwrap();
        let given = viewer.class(&GetHistory::default());
        assert_eq!(
            std::mem::discriminant(&given),
            std::mem::discriminant(&class)
        );
    }
    viewer
        .sim
        .fault(
            on,
            Fault::Edge {
                status: 429,
                retry_after: None,
            },
        )
        .unwrap();
    assert_eq!(
        viewer.class(&GetHistory::default()),
        Class::Edge(Edge::Banned)
    );

    // A page that fails is no end of the list.
    viewer.send(&AddToHistory {
        plays: &movies(&[1, 2, 3], &at(DAY)),
    });
    let history = GetHistory::default();
    let mut pages = viewer
        .client
        .pages(&history, Call::of(&viewer.token))
        .limit(2);
    assert_eq!(pages.next().unwrap().unwrap().items.len(), 2);
    viewer.sim.fault(on, Fault::status(502)).unwrap();
    assert!(pages.next().unwrap().is_err());
    assert!(matches!(pages.coverage(), Coverage::Incomplete(_)));
    pages.resume();
    assert_eq!(pages.next().unwrap().unwrap().items.len(), 1);
    assert_eq!(pages.coverage(), Coverage::Complete);
}

/// The authorization code grant with PKCE, the browser being this test.
#[test]
fn a_code_by_a_browser() {
    let redirect = "http://127.0.0.1/back".to_owned();
    let sim = Sim::start(trakt_sim::Config {
        redirect_uris: vec![redirect],
        ..trakt_sim::Config::default()
    })
    .unwrap();
    let client = client(&sim);
    let verifier = CodeVerifier::new("v".repeat(43)).unwrap();
    let challenge = verifier.challenge();
    let page = Authorize {
        state: "state",
        code_challenge: Some(&challenge),
        signup: false,
        login: false,
    };
    let url = page.url(&config(&sim)).unwrap();
    let agent =
        ureq::Agent::new_with_config(ureq::Agent::config_builder().max_redirects(0).build());
    let shown = agent
        .get(url.as_str())
        .header("user-agent", "a browser")
        .call();
    assert_eq!(shown.unwrap().status(), 200);
    // What its form sends: all that was asked, who, and the decision.
    let decision = [("account", "sean"), ("decision", "approve")];
    let asked: Vec<_> = url.query_pairs().into_owned().collect();
    let decision = decision.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let form = asked.into_iter().chain(decision);
    let post = agent.post(format!("{}/oauth/authorize", sim.url()));
    let sent = post
        .header("user-agent", "a browser")
        .send_form(form)
        .unwrap();
    let back = sent.headers()["location"].to_str().unwrap();
    let back: url::Url = back.parse().unwrap();
    let pairs: Vec<_> = back.query_pairs().collect();
    let part = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .to_string()
    };
    assert_eq!(part("state"), "state");
    let code = AuthorizationCode::from(part("code"));
    let other = CodeVerifier::new("w".repeat(43)).unwrap();
    let refused = client
        .exchange(&code, Some(&other), Client::WITHIN)
        .unwrap_err();
    assert_eq!(refused.class(), Some(&Class::OAuth("invalid_grant")));
    let grant = client
        .exchange(&code, Some(&verifier), Client::WITHIN)
        .unwrap();
    let settings = client
        .settings(&grant.access_token, Client::WITHIN)
        .unwrap();
    assert_eq!(settings.user.ids.slug.as_deref(), Some("sean"));
}
