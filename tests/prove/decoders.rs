//! Whatever a server may send, through everything that reads it: every reply type, every class of
//! refusal, the pager and the budget. None of it panics, and none of it costs memory.

use std::sync::{Arc, Mutex};

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use trakt_api::budget::{Bucket, Heard};
use trakt_api::endpoints::{
    AddToHistory, Checkin, GetCollectedMovies, GetCollectedShows, GetEpisode, GetHistory,
    GetLastActivities, GetMovie, GetMyMovies, GetMyShows, GetPlayback, GetRatings,
    GetRecommendedMovies, GetRecommendedShows, GetSeason, GetSeasons, GetShow, GetStats, GetUpNext,
    GetWatchedMovieIds, GetWatchedMovies, GetWatchedProgress, GetWatchedShowIds, GetWatchedShows,
    GetWatchlist, RemovePlayback, ResetWatchedProgress, ScrobbleStop, SearchByText,
};
use trakt_api::{
    AccessToken, BaseUrl, Batch, Call, Client, Coverage, DeviceCode, Endpoint, Ids, Kind, PathId,
    Percent, Play, Playing, RawReply, RawRequest, RefreshToken, Transport, TransportError,
};

use crate::Run;
use crate::memory::growth;
use crate::report::Report;

pub fn prove(run: Run, report: &mut Report) {
    let cases = run.count(500_000, 3000);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&run.seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let config = Config {
        cases: u32::try_from(cases).unwrap(),
        failure_persistence: None,
        ..Config::default()
    };
    let readers = readers();
    let (mut done, mut read, mut refused) = (0, 0, 0);
    let (mut whole, mut false_wholes) = (0, 0);
    let grown = growth(|| {
        let counts = Mutex::new([0_usize; 5]);
        TestRunner::new_with_rng(config, rng)
            .run(&reply(), |reply| {
                let client = answering(&reply.0);
                let token = AccessToken::from("access".to_owned());
                let call = Call::of(&token);
                let good = readers.iter().filter(|read| read(&client, call)).count();
                let history = GetHistory::default();
                let mut pages = client.pages(&history, call).at_most(3);
                let sound = (&mut pages).fold(true, |sound, page| {
                    sound & page.is_ok_and(|page| page.bad.is_empty())
                });
                let complete = pages.coverage() == Coverage::Complete;
                let heard = Heard::of(&reply.0, Bucket::UserReads("user"));
                assert_eq!(heard.status, Some(reply.0.status));
                let seen = [
                    1,
                    usize::from(good > 0),
                    usize::from(!(200..300).contains(&reply.0.status)),
                    usize::from(complete),
                    usize::from(complete && !sound),
                ];
                let mut counts = counts.lock().unwrap();
                for (count, seen) in counts.iter_mut().zip(seen) {
                    *count += seen;
                }
                Ok(())
            })
            .unwrap();
        [done, read, refused, whole, false_wholes] = *counts.lock().unwrap();
    });
    let figure = format!("bodies and headers, each through {} readers", readers.len());
    report.all(&figure, done, cases);
    report.at_least("of them read by some", read, cases / 10);
    report.at_least("of them refusals", refused, cases / 10);
    report.at_least("lists that looked complete", whole, cases / 1000);
    report.none(
        "of them with something that could not be read",
        false_wholes,
    );
    report.at_most("memory, MiB", grown.div_ceil(1024 * 1024), 16);
}

type Reader = Box<dyn Fn(&Client, Call<'_>) -> bool>;

fn reader<E: Endpoint + 'static>(endpoint: E) -> Reader {
    Box::new(move |client, call| client.send(&endpoint, call).is_ok())
}

/// One for each reply type.
fn readers() -> Vec<Reader> {
    let show = || PathId::from(1);
    let text = || "text".to_owned();
    let (days, start_date) = (7, "2026-11-23".parse().unwrap());
    let progress = GetWatchedProgress {
        show: show(),
        hidden: false,
        specials: false,
        count_specials: false,
    };
    let (season, number) = (1, 1);
    vec![
        Box::new(move |client, _| client.device_code(Client::WITHIN).is_ok()),
        Box::new(move |client, _| {
            let code = DeviceCode::from(text());
            client.device_token(&code, Client::WITHIN).is_ok()
        }),
        Box::new(move |client, _| {
            let token = RefreshToken::from(text());
            client.refresh(&token, Client::WITHIN).is_ok()
        }),
        Box::new(move |client, _| {
            let token = AccessToken::from(text());
            client.settings(&token, Client::WITHIN).is_ok()
        }),
        Box::new(|client, _| client.profile("sean", Client::WITHIN).is_ok()),
        Box::new(|client, call| {
            let plays = Batch::<Play>::default();
            client.send(&AddToHistory { plays: &plays }, call).is_ok()
        }),
        Box::new(|client, call| {
            let (playing, progress) = (Playing::Episode(Ids::trakt(1)), Percent::new(80.0));
            let (playing, progress) = (&playing, progress.unwrap());
            client
                .send(&ScrobbleStop { playing, progress }, call)
                .is_ok()
        }),
        Box::new(|client, call| {
            let (playing, message) = (&Playing::Episode(Ids::trakt(1)), None);
            client.send(&Checkin { playing, message }, call).is_ok()
        }),
        Box::new(|client, call| {
            let (kinds, query, extended) = (&[Kind::Movie][..], "tron", None);
            let search = SearchByText {
                kinds,
                query,
                extended,
            };
            client.send(&search, call).is_ok()
        }),
        Box::new(|client, call| client.send(&GetStats { slug: "me" }, call).is_ok()),
        reader(GetLastActivities),
        reader(GetHistory::default()),
        reader(GetPlayback::default()),
        reader(RemovePlayback { id: 1 }),
        reader(GetWatchedMovies::default()),
        reader(GetWatchedShows::default()),
        reader(GetWatchedMovieIds),
        reader(GetWatchedShowIds),
        reader(GetWatchlist::default()),
        reader(GetRatings::default()),
        reader(GetCollectedMovies::default()),
        reader(GetCollectedShows::default()),
        reader(progress),
        reader(ResetWatchedProgress { show: show() }),
        reader(GetUpNext),
        reader(GetRecommendedMovies::default()),
        reader(GetRecommendedShows::default()),
        reader(GetMovie {
            movie: show(),
            extended: None,
        }),
        reader(GetShow {
            show: show(),
            extended: None,
        }),
        reader(GetSeasons { show: show() }),
        reader(GetSeason {
            show: show(),
            season,
            extended: None,
        }),
        reader(GetEpisode {
            show: show(),
            season,
            number,
            extended: None,
        }),
        reader(GetMyShows {
            start_date,
            days,
            extended: None,
        }),
        reader(GetMyMovies {
            start_date,
            days,
            extended: None,
        }),
    ]
}

/// `RawReply` has no `Debug`: it may hold secrets. These do not.
#[derive(Clone)]
struct Shown(RawReply);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.0.body);
        write!(f, "{} {:?} {body:?}", self.0.status, self.0.headers)
    }
}

impl Transport for Shown {
    fn send(&self, _: RawRequest) -> Result<RawReply, TransportError> {
        Ok(self.0.clone())
    }
}

fn answering(reply: &RawReply) -> Client {
    let url = |text| BaseUrl::parse(text).unwrap();
    let config = trakt_api::Config {
        api_url: url("https://api.trakt.tv"),
        auth_url: url("https://auth.trakt.tv"),
        client_id: "client-id".to_owned(),
        client_secret: None,
        redirect_uri: String::new(),
        user_agent: "prove/1.0".to_owned(),
    };
    Client::over(config, Arc::new(Shown(reply.clone()))).unwrap()
}

fn reply() -> impl Strategy<Value = Shown> {
    let status = prop_oneof![3 => 200..205_u16, 2 => 400..600_u16, 1 => any::<u16>()];
    (status, vec((select(HEADERS), value()), 0..6), body()).prop_map(|(status, headers, body)| {
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Shown(RawReply {
            status,
            headers,
            body,
        })
    })
}

const HEADERS: &[&str] = &[
    "cf-mitigated",
    "content-type",
    "date",
    "retry-after",
    "x-account-limit",
    "x-account-locked",
    "x-pagination-item-count",
    "x-pagination-limit",
    "x-pagination-page",
    "x-pagination-page-count",
    "x-ratelimit",
    "x-request-id",
    "x-trakt-server",
    "x-upgrade-url",
    "x-vip-user",
];

fn value() -> impl Strategy<Value = String> {
    let known = [
        "true",
        "rails",
        "challenge",
        "text/html",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "https://trakt.tv/vip",
        r#"{"name":"X","period":300,"limit":1e99,"remaining":-1,"until":"+262142-12-31T23:59:59Z"}"#,
    ];
    prop_oneof![
        "[0-3]".boxed(),
        "-?[0-9]{1,22}".boxed(),
        select(known.to_vec()).prop_map(str::to_owned).boxed(),
        "\\PC{0,40}".boxed(),
    ]
}

/// Answers of Trakt's, most of them with a part that is exchanged for another, and anything.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let sample = || select(SAMPLES).prop_map(|text| text.as_bytes().to_vec());
    let exchanged =
        (sample(), any::<proptest::sample::Index>(), part()).prop_map(|(mut body, at, part)| {
            // A value, by the colon or the bracket before it.
            let places: Vec<_> = (1..body.len())
                .filter(|at| matches!(body[at - 1], b':' | b'[' | b','))
                .collect();
            let start = places[at.index(places.len())];
            let length = body[start..].iter().position(|byte| b",}]".contains(byte));
            body.splice(start..start + length.unwrap_or(0), part);
            body
        });
    let damaged = (sample(), any::<proptest::sample::Index>(), any::<u8>()).prop_map(
        |(mut body, at, byte)| {
            let at = at.index(body.len());
            body[at] = byte;
            body
        },
    );
    let cut = (sample(), any::<proptest::sample::Index>()).prop_map(|(mut body, at)| {
        body.truncate(at.index(body.len()));
        body
    });
    prop_oneof![
        2 => sample(),
        8 => exchanged,
        2 => damaged,
        1 => cut,
        2 => vec(any::<u8>(), 0..80),
        1 => (1..3000_usize).prop_map(|depth| b"{\"a\":[".repeat(depth)),
        1 => select(vec!["", "null", "[]", "{}", "<html>error code: 1015"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ]
}

fn part() -> impl Strategy<Value = Vec<u8>> {
    let odd = [
        "null",
        "true",
        "[]",
        "{}",
        "[null]",
        "{\"a\":[1,{}]}",
        "\"\"",
        "\"podcast\"",
        "\"9007199254740993\"",
        "\"2026-02-30T00:00:00.000Z\"",
        "\"+262143-01-01T00:00:00Z\"",
        "\"\\ud800\"",
        "1e999",
        "-0.0",
        "18446744073709551616",
    ];
    prop_oneof![
        4 => select(odd.to_vec()).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| number.to_string()),
        1 => "\\PC{0,20}".prop_map(|text| format!("{text:?}")),
        1 => Just("\"x\"".repeat(1000)),
    ]
    .prop_map(String::into_bytes)
}

const SAMPLES: &[&str] = &[
    r#"{"device_code":"d9c1","user_code":"5055CC52","verification_url":"https://trakt.tv/activate","expires_in":600,"interval":5}"#,
    r#"{"access_token":"a","token_type":"bearer","expires_in":604800,"refresh_token":"r","scope":"public","created_at":1790000000}"#,
    r#"{"user":{"username":"sean","private":false,"name":"Sean","vip":true,"ids":{"slug":"sean","trakt":42,"uuid":"b6589fc6"},"joined_at":"2010-09-25T17:49:25.000Z"},"permissions":{"commenting":true},"account":{"timezone":"America/Los_Angeles"},"limits":{"list":{"count":5,"item_count":250},"watchlist":{"item_count":250}}}"#,
    r#"{"username":"sean","private":false,"deleted":false,"ids":{"slug":"sean"}}"#,
    r#"{"movies":{"plays":155,"watched":114,"minutes":15650},"shows":{"watched":16},"seasons":{"ratings":6},"episodes":{"plays":552},"ratings":{"total":9257}}"#,
    r#"{"all":"2014-11-20T07:01:32.000Z","movies":{"watched_at":"2014-11-19T21:42:41.000Z","paused_at":"2014-11-20T06:51:30.000Z"},"episodes":{"watched_at":"2014-11-20T06:51:30.000Z"},"watchlist":{"updated_at":"2014-11-20T06:51:30.000Z"},"account":{"settings_at":"2020-03-04T03:38:56.000Z"}}"#,
    r#"[{"id":9007199254740993,"watched_at":"2014-09-01T09:10:11.123Z","action":"scrobble","type":"movie","movie":{"title":"TRON","year":2010,"ids":{"trakt":1,"slug":"tron","imdb":"tt1104001","tmdb":20526,"plex":{"guid":"g","slug":"s"}}}},{"id":2,"watched_at":"2014-03-31T09:28:53.000Z","action":"watch","type":"episode","episode":{"season":2,"number":1,"title":"Pawnee","ids":{"trakt":251,"tvdb":797571}},"show":{"title":"Parks","year":2009,"ids":{"trakt":4}}}]"#,
    r#"[{"progress":65.5,"paused_at":"2015-01-25T22:01:32.000Z","id":37,"type":"movie","movie":{"title":"Batman","year":2005,"ids":{"trakt":1}}}]"#,
    r#"[{"plays":4,"last_watched_at":"2014-10-11T17:00:54.000Z","last_updated_at":"2014-10-11T17:00:54.000Z","movie":{"title":"TRON","year":2010,"ids":{"trakt":1}}}]"#,
    r#"[{"plays":2,"last_watched_at":"2014-10-11T17:00:54.000Z","reset_at":null,"show":{"title":"Parks","ids":{"trakt":4},"aired_episodes":122},"seasons":[{"number":1,"episodes":[{"number":1,"plays":1,"last_watched_at":"2014-10-11T17:00:54.000Z"}]}]}]"#,
    r#"{"1":["2014-10-11T17:00:54.000Z","2014-10-12T17:00:54.000Z"],"2":[]}"#,
    r#"{"1":{"1":{"16":["2014-10-11T17:00:54.000Z"]}}}"#,
    r#"[{"rank":1,"id":101,"listed_at":"2014-09-01T09:10:11.000Z","notes":"n","type":"season","season":{"number":1,"ids":{"trakt":3}},"show":{"title":"Parks","ids":{"trakt":4}}}]"#,
    r#"[{"rated_at":"2014-09-01T09:10:11.000Z","rating":10,"type":"show","show":{"title":"Parks","ids":{"trakt":4}}}]"#,
    r#"[{"collected_at":"2014-09-01T09:10:11.000Z","movie":{"title":"TRON","ids":{"trakt":1}}}]"#,
    r#"[{"last_collected_at":"2014-09-01T09:10:11.000Z","show":{"title":"Parks","ids":{"trakt":4}},"seasons":[{"number":1,"episodes":[{"number":1,"collected_at":"2014-09-01T09:10:11.000Z"}]}]}]"#,
    r#"{"added":{"movies":1,"episodes":2},"existing":{"movies":0},"not_found":{"movies":[{"ids":{"imdb":"tt0000111"}}],"shows":[],"ids":[23]},"list":{"updated_at":"2014-09-01T09:10:11.000Z","item_count":5}}"#,
    r#"{"aired":8,"completed":6,"last_watched_at":"2015-03-21T19:03:58.000Z","reset_at":null,"seasons":[{"number":1,"title":"One","aired":8,"completed":6,"episodes":[{"number":1,"completed":true,"last_watched_at":"2015-03-21T19:03:58.000Z"}]}],"hidden_seasons":[{"number":2,"ids":{"trakt":3051}}],"next_episode":{"season":1,"number":7,"title":"Water","ids":{"trakt":62315}},"last_episode":null}"#,
    r#"{"reset_at":"2014-10-11T17:00:54.000Z"}"#,
    r#"[{"show":{"title":"Parks","ids":{"trakt":4}},"progress":{"aired":8,"completed":6,"next_episode":{"season":1,"number":7,"ids":{"trakt":1}}}}]"#,
    r#"{"title":"TRON","year":2010,"ids":{"trakt":1,"slug":"tron"},"overview":"o","released":"2010-12-16","runtime":125,"status":"released","rating":7.2,"votes":10,"genres":["action"],"updated_at":"2014-07-23T03:21:46.000Z","images":{"poster":["a.webp"]}}"#,
    r#"{"number":1,"ids":{"trakt":61430},"title":"Season 1","episode_count":10,"aired_episodes":10}"#,
    r#"{"season":1,"number":1,"title":"Winter","ids":{"trakt":36440},"episode_type":"series_premiere","first_aired":"2011-04-18T01:00:00.000Z","runtime":62}"#,
    r#"{"id":3373536622,"action":"scrobble","progress":99.9,"movie":{"title":"Guardians","year":2014,"ids":{"trakt":28}}}"#,
    r#"{"id":3373536619,"watched_at":"2014-08-06T01:11:37.000Z","sharing":{"twitter":true},"episode":{"season":1,"number":1,"ids":{"trakt":16}},"show":{"title":"Breaking Bad","ids":{"trakt":1}}}"#,
    r#"[{"type":"movie","score":26.0,"movie":{"title":"TRON","ids":{"trakt":1}}},{"type":"person","score":20.0,"person":{"name":"B","ids":{"trakt":1}}}]"#,
    r#"[{"first_aired":"2014-07-14T01:00:00.000Z","episode":{"season":7,"number":4,"ids":{"trakt":443}},"show":{"title":"True Blood","ids":{"trakt":5}}}]"#,
    r#"[{"released":"2014-08-01","movie":{"title":"Guardians","ids":{"trakt":28}}}]"#,
    r#"{"error":"invalid_grant","error_description":"session not found"}"#,
    r#"{"watched_at":"2014-10-15T22:21:29.000Z","expires_at":"2014-10-15T23:21:29.000Z"}"#,
];
