//! "My Trakt": what a person sees of the link and its data, and does about them.

mod lists;
mod looks;
mod recommend;
mod state;
mod switches;
mod sync;
mod unlink;

use serde_json::Value;
use trakt_sim::{Action, MediaType, NewPlay, Sim};
use uuid::Uuid;

use crate::harness::{Server, Service, issue_token, wait_for};
use crate::pages::browser::{Browser, Look};
use crate::pages::visit::Visitor;
use crate::pages::{PASSWORD, account};

const EMAIL: &str = "ana@example.org";

/// Somebody who can sign in, and may be linked.
pub struct Viewer {
    pub service: Service,
    pub user: Uuid,
    pub token: String,
}

impl Viewer {
    /// Not linked yet.
    pub fn new() -> Self {
        let service = Service::start();
        let user = account(&service.database, EMAIL, "user");
        let token = issue_token(user, 600);
        Self {
            service,
            user,
            token,
        }
    }

    /// With an account of so many plays of movies, and a show that was begun, which are read.
    pub fn linked(plays: u64) -> Self {
        let viewer = Self::new();
        add_plays(viewer.sim(), 1..=plays);
        let episode = NewPlay {
            media: MediaType::Episode,
            trakt: 1,
            ..movie_play(1)
        };
        viewer.sim().add_plays("sean", &[episode]).unwrap();
        viewer.link();
        viewer.wait_read();
        viewer
    }

    pub fn server(&self) -> &Server {
        &self.service.server
    }

    pub fn sim(&self) -> &Sim {
        &self.service.sim
    }

    pub fn link(&self) {
        let linked = self.server().link(self.sim(), &self.token, "sean");
        assert_eq!(linked.status, 200, "{linked:?}");
    }

    pub fn api(&self, path: &str) -> Value {
        let reply = self.server().patiently("GET", path, &self.token, None);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    pub fn wait_read(&self) {
        wait_for("the end of a pull", || {
            let state = self.api("/trakt/sync");
            let ended = state["lastFinishedAt"].is_string() && state["state"] == "idle";
            ended.then_some(())
        });
    }

    pub fn execute(&self, sql: &str) {
        self.service.database.execute(sql, &[]);
    }

    pub fn visitor(&self) -> Visitor<'_> {
        Visitor::new(self.server()).sign_in(EMAIL, PASSWORD)
    }

    /// The page as it is sent.
    pub fn page(&self, visitor: &Visitor<'_>) -> String {
        let page = visitor.get("/my");
        assert_eq!(page.status, 200, "{page:?}");
        says_not(&page.text, ">mine-");
        page.text
    }

    /// A browser in which the page is open.
    pub fn browser(&self, look: Look) -> Option<Browser> {
        let browser = Browser::start(look)?;
        browser.sign_in(self.server(), EMAIL, PASSWORD);
        Some(browser)
    }
}

pub fn movie_play(n: u64) -> NewPlay {
    NewPlay {
        media: MediaType::Movie,
        trakt: n % 50 + 1,
        watched_at_ms: 1_788_300_000_000 + n * 60_000,
        action: Action::default(),
    }
}

pub fn add_plays(sim: &Sim, movies: impl IntoIterator<Item = u64>) {
    let plays: Vec<_> = movies.into_iter().map(movie_play).collect();
    sim.add_plays("sean", &plays).unwrap();
}

/// Whether these words are in a page, as they are shown.
#[track_caller]
pub fn says(page: &str, words: &str) {
    assert!(shows(page, words), "{words:?} is not in {page}");
}

#[track_caller]
pub fn says_not(page: &str, words: &str) {
    assert!(!shows(page, words), "{words:?} is in {page}");
}

fn shows(page: &str, words: &str) -> bool {
    // The style is no word of the page, and what is filled in is set apart.
    let (_, body) = page.split_once("<body>").unwrap();
    let plain = body.replace(['\u{2068}', '\u{2069}'], "");
    plain.contains(words)
}
