//! What users let this service do.

use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome};
use trakt_core::choice::Choices;
use trakt_core::ports::{ChangeChoices, ChoiceStore};
use trakt_core::{PortError, UserId};

use crate::error::Failure;
use crate::schema::watch_choices as table;
use crate::seal::Vault;
use crate::{PgStore, audit, recommend, scrobble, user, watch};

impl ChoiceStore for PgStore {
    fn choices(&self, user: UserId) -> Result<Choices, PortError> {
        self.read(|conn| choices(conn, user))
    }

    fn change_choices(&self, cmd: &ChangeChoices) -> Result<Option<Choices>, PortError> {
        self.write(|conn| change(conn, &self.vault, cmd))
    }
}

/// How the switches of a user stand, in the transaction under way.
pub(crate) fn choices(conn: &mut PgConnection, user: UserId) -> QueryResult<Choices> {
    let row = table::table
        .find(user.uuid())
        .select((table::pull, table::push, table::recommendations))
        .get_result::<(bool, bool, bool)>(conn)
        .optional()?;
    Ok(
        row.map_or_else(Choices::default, |(pull, push, recommendations)| Choices {
            pull,
            push,
            recommendations,
        }),
    )
}

/// The user is locked first: a link that is being made has seen the switches or waits for them.
fn change(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &ChangeChoices,
) -> Result<Option<Choices>, Failure> {
    if !user::lock(conn, cmd.user)? {
        return Ok(None);
    }
    let before = choices(conn, cmd.user)?;
    let after = cmd.over(before);
    let words = after.changed_from(before);
    if words.is_empty() {
        return Ok(Some(after));
    }
    let values = (
        table::pull.eq(after.pull),
        table::push.eq(after.push),
        table::recommendations.eq(after.recommendations),
        table::changed_at.eq(now),
    );
    diesel::insert_into(table::table)
        .values((table::user_id.eq(cmd.user.uuid()), values))
        .on_conflict(table::user_id)
        .do_update()
        .set(values)
        .execute(conn)?;
    if after.pull != before.pull {
        watch::switch(conn, cmd.user, after.pull)?;
    }
    if after.push && !before.push {
        scrobble::due(conn, cmd.user)?;
    }
    if after.recommendations && !before.recommendations {
        recommend::due(conn, cmd.user)?;
    }
    for word in words {
        let event = AuditEvent::SettingsChanged;
        let entry = AuditEntry::new(event, AuditOutcome::Succeeded, &cmd.stamp);
        audit::append(conn, vault, &entry.about(cmd.user).detail(word))?;
    }
    Ok(Some(after))
}
