//! Somebody whose account at the simulator is read into a database.

use trakt_api::Endpoint;
use trakt_core::UserId;
use trakt_core::watch::WatchService;
use trakt_sim::{Request, Sim};
use uuid::Uuid;

use crate::harness::{Database, Linker, Person, State, sim};

pub struct Viewer {
    pub sim: Sim,
    pub database: Database,
    pub linker: Linker,
    pub watch: WatchService,
    pub user: Uuid,
    pub person: Person,
}

impl Viewer {
    pub fn new() -> Self {
        let (sim, database) = (sim(), Database::fresh());
        let linker = Linker::new(&database, &sim);
        let user = linker.link(&database, &sim, "viewer");
        Self {
            watch: linker.watch(),
            person: Person::last_linked(&sim, user),
            sim,
            database,
            linker,
            user,
        }
    }

    pub fn id(&self) -> UserId {
        self.user.into()
    }

    /// What the user does elsewhere.
    pub fn send<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, trakt_api::Error> {
        self.person.send(endpoint)
    }

    /// The calls of a pull.
    pub fn calls(&self, pull: impl FnOnce()) -> Vec<Request> {
        self.sim.clear_requests();
        pull();
        self.sim.requests()
    }

    /// As Trakt has it.
    pub fn theirs(&self) -> State {
        self.person.theirs()
    }

    /// As we have it.
    pub fn ours(&self) -> State {
        self.person.ours(&self.database)
    }
}
