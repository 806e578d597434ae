//! What other programs are told: the real service, and receivers on this machine.

mod events;
mod operator;
mod trouble;

use serde_json::{Value, json};
use trakt_sim::Sim;
use uuid::Uuid;

use crate::harness::{Database, Receiver, Server, ServerBuilder, issue_token, sim, wait_for};

/// A service that tells somebody, and a user of it.
struct Scene {
    sim: Sim,
    database: Database,
    receiver: Receiver,
    user: Uuid,
    token: String,
    admin: String,
}

impl Scene {
    fn new() -> Self {
        let (sim, database) = (sim(), Database::fresh());
        // Migrates.
        let none = Server::builder().database(&database).sim(&sim).start();
        let user = database.user("user@example.org", "user");
        let admin = database.user("admin@example.org", "admin");
        drop(none);
        Self {
            receiver: Receiver::start(),
            token: issue_token(user, 600),
            admin: issue_token(admin, 600),
            sim,
            database,
            user,
        }
    }

    fn builder(&self) -> ServerBuilder {
        let builder = Server::builder().database(&self.database).sim(&self.sim);
        builder.tells(&[self.receiver.url()])
    }

    /// An admin claims an account for the user: an event by one call.
    fn claim(&self, server: &Server) {
        let body = json!({"traktSlug": "sean", "userEmail": "user@example.org"});
        let path = "/trakt/admin/associate";
        let reply = server.patiently("POST", path, &self.admin, Some(&body));
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// The deliveries that an admin sees.
    fn deliveries(&self, server: &Server, query: &str) -> Vec<Value> {
        let path = format!("/trakt/admin/webhooks?limit=200&{query}");
        let reply = server.patiently("GET", &path, &self.admin, None);
        let list = reply.json();
        let items = list["items"].as_array().expect("items").clone();
        assert_eq!(list["total"], items.len(), "{list}");
        items
    }

    /// Waits until there is a delivery that looks so.
    fn wait_delivery(&self, server: &Server, fits: impl Fn(&Value) -> bool) -> Value {
        wait_for("a delivery", || {
            self.deliveries(server, "")
                .into_iter()
                .find(|one| fits(one))
        })
    }

    /// Lets no time pass until the next attempts.
    fn hurry(&self) {
        let due = "UPDATE webhook_deliveries SET next_at = now() WHERE state = 'pending'";
        self.database.execute(due, &[]);
    }
}
