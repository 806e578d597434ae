//! How statements run: a read is one statement, a write is one transaction. What they say is the
//! business of the file of their port.

use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use trakt_core::PortError;

use crate::PgStore;
use crate::error::{Failure, connection_lost, port_error};

/// How often the work of a transaction is run again after somebody else was faster.
const RERUNS: u32 = 3;

/// Lets the statements of the transaction under way go on for an hour each: for a command that goes
/// through whole tables, with nobody waiting behind it.
pub(crate) fn unhurried(conn: &mut PgConnection) -> QueryResult<()> {
    conn.batch_execute("SET LOCAL statement_timeout = '1h'")
}

impl PgStore {
    /// Runs one statement that changes nothing, on another connection if one is dead.
    pub(crate) fn read<T>(
        &self,
        mut query: impl FnMut(&mut PgConnection) -> QueryResult<T>,
    ) -> Result<T, PortError> {
        self.on_living_connection(|conn| match query(conn) {
            Err(error) if connection_lost(&error) => None,
            answer => Some(answer.map_err(|error| port_error(&error))),
        })
    }

    /// Runs reads that have to agree with each other: all see the same moment.
    pub(crate) fn read_together<T>(
        &self,
        mut queries: impl FnMut(&mut PgConnection) -> Result<T, Failure>,
    ) -> Result<T, PortError> {
        self.on_living_connection(|conn| {
            let answer = conn
                .build_transaction()
                .read_only()
                .repeatable_read()
                .run(|conn| self.limited(conn).and_then(|()| queries(conn)));
            match answer {
                Err(Failure::Database(error)) if connection_lost(&error) => None,
                answer => Some(answer.map_err(PortError::from)),
            }
        })
    }

    /// Runs `work` in one transaction. It is run again, from its start, when somebody else was
    /// faster (a unique value, a deadlock), and on another connection when one is dead before
    /// anything was done on it. After that nobody can tell whether it was committed, so a
    /// connection that breaks later is the caller's to know of.
    pub(crate) fn write<T>(
        &self,
        mut work: impl FnMut(&mut PgConnection) -> Result<T, Failure>,
    ) -> Result<T, PortError> {
        let mut reruns = 0;
        loop {
            let result = self.on_living_connection(|conn| {
                let mut begun = false;
                let result = conn.transaction(|conn| {
                    begun = true;
                    self.limited(conn)?;
                    work(conn)
                });
                match result {
                    Err(Failure::Database(error)) if connection_lost(&error) && !begun => None,
                    result => Some(Ok(result)),
                }
            })?;
            match result {
                Err(failure) if failure.contended() && reruns < RERUNS => reruns += 1,
                result => return result.map_err(PortError::from),
            }
        }
    }

    /// Runs `step` until it finds its connection alive (`Some`). After a restart of the database
    /// every idle connection is dead, so as many are tried as there can be, and a new one.
    fn on_living_connection<T>(
        &self,
        mut step: impl FnMut(&mut PgConnection) -> Option<Result<T, PortError>>,
    ) -> Result<T, PortError> {
        let until = self.patience();
        for _ in 0..=self.max_size() {
            let mut conn = self.connection(until)?;
            if let Some(result) = step(&mut conn) {
                return result;
            }
            // Diesel does not notice in every case; a dead connection that goes back to the
            // pool as good would be the next caller's trouble.
            AnsiTransactionManager::transaction_manager_status_mut(&mut *conn).set_in_error();
        }
        Err(PortError::Unavailable(
            "the connection to the database was lost".to_owned(),
        ))
    }

    fn limited(&self, conn: &mut PgConnection) -> Result<(), Failure> {
        if let Some(limits) = self.limits_of_transaction() {
            conn.batch_execute(&limits)?;
        }
        Ok(())
    }
}
