//! A person with an account at the simulator, and how it compares with what we hold of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use trakt_api::endpoints::{
    GetHiddenShows, GetHistory, GetPlayback, GetRatings, GetWatchedShows, GetWatchlist, HiddenFrom,
};
use trakt_api::{AccessToken, BaseUrl, Call, Client, Config, Endpoint, Media, Paged};
use trakt_sim::Sim;
use uuid::Uuid;

use super::Database;

/// Does things at Trakt, past us.
pub struct Person {
    pub user: Uuid,
    /// Whether Trakt is in trouble, so that the person's own calls may fail as well.
    pub in_trouble: bool,
    client: Client,
    token: AccessToken,
}

/// A row as text: which part, its key, and what it says.
pub type State = BTreeMap<(&'static str, String), String>;

impl Person {
    /// Whoever was linked last.
    pub fn last_linked(sim: &Sim, user: Uuid) -> Self {
        let url = || BaseUrl::parse(sim.url()).unwrap();
        let config = trakt_sim::Config::default();
        let client = Client::new(Config {
            api_url: url(),
            auth_url: url(),
            client_id: config.client_id,
            client_secret: Some(config.client_secret.into()),
            redirect_uri: "urn:ietf:wg:oauth:2.0:oob".to_owned(),
            user_agent: "the-user/1".to_owned(),
        });
        let pair = sim.tokens().pop().unwrap();
        Self {
            user,
            in_trouble: false,
            client: client.unwrap(),
            token: pair.access_token.into(),
        }
    }

    /// What the user does elsewhere.
    pub fn send<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, trakt_api::Error> {
        self.client.send(endpoint, Call::of(&self.token))
    }

    /// Does something, and takes it as it comes where Trakt is in trouble.
    pub fn does<E: Endpoint>(&self, endpoint: &E) {
        let done = self.send(endpoint);
        if !self.in_trouble {
            done.unwrap();
        }
    }

    /// What the person sees of a list: nothing, where Trakt is in trouble.
    pub fn sees<E: Paged>(&self, endpoint: &E) -> Vec<E::Item> {
        let pages = self.client.pages(endpoint, Call::of(&self.token));
        match pages.everything() {
            Err(_) if self.in_trouble => Vec::new(),
            seen => seen.unwrap(),
        }
    }

    pub fn all<E: Paged>(&self, endpoint: &E) -> Vec<E::Item> {
        let pages = self.client.pages(endpoint, Call::of(&self.token));
        pages.everything().unwrap()
    }

    /// As Trakt has it.
    pub fn theirs(&self) -> State {
        let mut state = State::new();
        for play in self.all(&GetHistory::default()) {
            let action = play.action.unwrap();
            let said = format!(
                "{} {:?} {action}",
                thing(&play.media),
                micros(play.watched_at)
            );
            state.insert(("plays", play.id.to_string()), said);
        }
        for half in self.all(&GetPlayback::default()) {
            let (of, at) = (thing(&half.media), micros(half.paused_at));
            let said = format!("{of} {} {at:?}", half.progress);
            state.insert(("playback", half.id.to_string()), said);
        }
        for rated in self.all(&GetRatings::default()) {
            let said = format!("{} {:?}", rated.rating, micros(rated.rated_at));
            state.insert(("ratings", thing(&rated.media)), said);
        }
        for listed in self.all(&GetWatchlist::default()) {
            let (of, at) = (thing(&listed.media), micros(listed.listed_at));
            let said = format!("{of} {:?} {at:?} {:?}", listed.rank, listed.notes);
            state.insert(("watchlist", listed.id.unwrap().to_string()), said);
        }
        for show in self.all(&GetWatchedShows::default()) {
            let key = show.show.ids.trakt.unwrap().to_string();
            state.insert(("watching", key), format!("{:?}", micros(show.reset_at)));
        }
        for (from, list) in [
            (HiddenFrom::ProgressWatched, "hidden"),
            (HiddenFrom::Dropped, "dropped"),
        ] {
            let extended = None;
            for show in self.all(&GetHiddenShows { from, extended }) {
                let key = format!("{list} {}", thing(&show.media));
                let said = format!("{:?}", micros(show.hidden_at));
                state.insert(("hidden", key), said);
            }
        }
        state
    }

    /// As we have it.
    pub fn ours(&self, database: &Database) -> State {
        let mut state = State::new();
        let mut table = |name: &'static str, sql: &str| {
            for row in database.rows(sql, &[&self.user]) {
                state.insert((name, row.get(0)), row.get(1));
            }
        };
        let micros = |column: &str| {
            format!(
                "coalesce('Some(' || (extract(epoch FROM {column}) * 1000000)::bigint || ')', 'None')"
            )
        };
        let option = |column: &str, quote: &str| {
            format!("coalesce('Some({quote}' || {column} || '{quote})', 'None')")
        };
        let of = "kind || ' ' || item";
        let (watched, paused) = (micros("watched_at"), micros("paused_at"));
        table(
            "plays",
            &format!(
                "SELECT id::text, {of} || ' ' || {watched} || ' ' || action FROM plays \
                 WHERE user_id = $1"
            ),
        );
        table(
            "playback",
            &format!(
                "SELECT id::text, {of} || ' ' || progress || ' ' || {paused} FROM playback \
                 WHERE user_id = $1"
            ),
        );
        table(
            "ratings",
            &format!(
                "SELECT {of}, rating || ' ' || {} FROM ratings WHERE user_id = $1",
                micros("rated_at")
            ),
        );
        let (rank, notes) = (option("rank", ""), option("notes", "\""));
        table(
            "watchlist",
            &format!(
                "SELECT id::text, {of} || ' ' || {rank} || ' ' || {} || ' ' || {notes} \
                 FROM watchlist WHERE user_id = $1",
                micros("listed_at")
            ),
        );
        table(
            "watching",
            &format!(
                "SELECT show::text, {} FROM watching WHERE user_id = $1",
                micros("reset_at")
            ),
        );
        table(
            "hidden",
            &format!(
                "SELECT list || ' show ' || show, {} FROM hidden WHERE user_id = $1",
                micros("hidden_at")
            ),
        );
        state
    }
}

fn thing(media: &Media) -> String {
    let trakt = media.ids().unwrap().trakt.unwrap();
    format!("{} {trakt}", media.kind())
}

fn micros(time: Option<DateTime<Utc>>) -> Option<i64> {
    time.map(|time| time.timestamp_micros())
}
