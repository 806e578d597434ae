//! Any bytes as the reply of each kind of call: no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trakt_api::endpoints::{
    GetCollectedShows, GetHistory, GetLastActivities, GetMovie, GetMyMovies, GetMyShows,
    GetPlayback, GetRatings, GetShow, GetStats, GetUpNext, GetWatchedMovieIds, GetWatchedProgress,
    GetWatchedShowIds, GetWatchedShows, GetWatchlist, RemoveFromHistory,
};
use trakt_api::{AccessToken, Batch, Call, Client, DeviceCode, RawReply, RefreshToken};
use trakt_api_fuzz::answering;

fuzz_target!(|data: &[u8]| {
    let client = answering(vec![RawReply {
        status: 200,
        headers: Vec::new(),
        body: data.to_vec(),
    }]);
    let within = Client::WITHIN;
    let text = || "text".to_owned();
    drop(client.device_code(within));
    drop(client.device_token(&DeviceCode::from(text()), within));
    drop(client.refresh(&RefreshToken::from(text()), within));
    drop(client.revoke(&AccessToken::from(text()), within));
    drop(client.settings(&AccessToken::from(text()), within));
    drop(client.profile("sean", within));

    let token = AccessToken::from(text());
    let call = Call::of(&token);
    drop(client.send(&GetLastActivities, call));
    drop(client.send(&GetHistory::default(), call));
    drop(client.send(&GetPlayback::default(), call));
    drop(client.send(&GetWatchedShows::default(), call));
    drop(client.send(&GetWatchedMovieIds, call));
    drop(client.send(&GetWatchedShowIds, call));
    drop(client.send(&GetWatchlist::default(), call));
    drop(client.send(&GetRatings::default(), call));
    drop(client.send(&GetCollectedShows::default(), call));
    drop(client.send(&GetUpNext, call));
    drop(client.send(&GetStats { slug: "me" }, call));
    let progress = GetWatchedProgress {
        show: 1.into(),
        hidden: false,
        specials: false,
        count_specials: false,
    };
    drop(client.send(&progress, call));
    let all_of = &Batch::default();
    drop(client.send(&RemoveFromHistory { ids: &[], all_of }, call));
    drop(client.send(
        &GetMovie {
            movie: 1.into(),
            extended: None,
        },
        call,
    ));
    drop(client.send(
        &GetShow {
            show: 1.into(),
            extended: None,
        },
        call,
    ));
    let (start_date, days, extended) = (Default::default(), 7, None);
    drop(client.send(
        &GetMyShows {
            start_date,
            days,
            extended,
        },
        call,
    ));
    drop(client.send(
        &GetMyMovies {
            start_date,
            days,
            extended,
        },
        call,
    ));
});
