//! Deleting all that is held of a user's data, at the user's wish.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use trakt_core::UserId;

use super::rows;

/// What is said of the data, in the order of the locks; the rows themselves come after it, as those
/// who store rows hold one of these.
const ABOUT: [&str; 7] = [
    "watch_states",
    "outbox_turns",
    "outbox",
    "watch_holds",
    "watch_marks",
    "webhook_changes",
    "recommendation_states",
];

/// Deletes it. A pull, or a worker at the user's writes, that is under
/// way waits for the end of the transaction with its next word, and finds that its lease is gone.
pub(crate) fn purge(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    give_time(conn)?;
    for table in ABOUT {
        diesel::sql_query(format!("DELETE FROM {table} WHERE user_id = $1"))
            .bind::<SqlUuid, _>(user.uuid())
            .execute(conn)?;
    }
    rows::forget(conn, user)
}

/// A million rows take longer to delete than any other statement may run.
pub(super) fn give_time(conn: &mut PgConnection) -> QueryResult<()> {
    conn.batch_execute("SET LOCAL statement_timeout = '60s'")
}
