//! The keys of the chains: 32 random bytes, sealed as tokens are, so that all replicas share one and
//! the database alone has none.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use secrecy::zeroize::Zeroizing;
use trakt_core::PortError;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use uuid::Uuid;

use super::chain::ChainKey;
use super::{adopt, append};
use crate::PgStore;
use crate::error::{Failure, corrupt};
use crate::keys::KeyCheckError;
use crate::schema::audit_keys as keys;
use crate::seal::{Place, SealFault, Vault};

/// The key that was opened last: the one in use, nearly always.
#[derive(Default)]
pub(crate) struct OpenedKey {
    last: Mutex<Option<ChainKey>>,
    /// Whether there is a chain for certain.
    begun: AtomicBool,
}

/// Why a new key was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RekeyError {
    /// The key in use does not open.
    #[error(
        "the key of the audit trail does not open ({0}). Give the key that it is sealed with in \
         TOKEN_KEYS; if that is lost for good, say so with --key-lost: what was written so far \
         cannot be checked any more then"
    )]
    Lost(String),
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl fmt::Debug for OpenedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenedKey")
    }
}

impl PgStore {
    /// Sees to it that the audit trail is a chain: makes its key where there is none yet, and takes
    /// in the entries that are there already. To be called at start, after
    /// [`Self::check_keys`]; otherwise the first entry does it.
    ///
    /// # Errors
    /// When the key does not open, or the database cannot be asked.
    pub fn begin_trail(&self) -> Result<(), KeyCheckError> {
        self.write(|conn| in_use(conn, &self.vault).map(drop))?;
        self.vault.chain.begun.store(true, Ordering::Release);
        Ok(())
    }

    /// Makes a new key, with which entries are chained from now on. Those before it are checked with
    /// the old one; with `lost` they no longer can be, as it does not open.
    ///
    /// # Errors
    /// [`RekeyError`].
    pub fn rekey_trail(&self, lost: bool, stamp: &AuditStamp) -> Result<(), RekeyError> {
        let mut closed = None;
        let done = self.write(|conn| {
            let opens = match row_in_use(conn)? {
                Some((id, sealed)) => open(&self.vault, id, &sealed).map(drop),
                None => Ok(()),
            };
            if let (Err(error), false) = (&opens, lost) {
                closed = Some(PortError::from(error.clone()).to_string());
                return Ok(());
            }
            diesel::update(keys::table.filter(keys::retired_at.is_null()))
                .set(keys::retired_at.eq(now))
                .execute(conn)?;
            if lost {
                self.give_up(conn)?;
            }
            note_new(conn, &self.vault, opens.is_err(), stamp)
        });
        match closed {
            Some(why) => Err(RekeyError::Lost(why)),
            None => Ok(done?),
        }
    }

    /// Marks the retired keys that do not open: nothing asks for what they are sealed with any more.
    fn give_up(&self, conn: &mut PgConnection) -> QueryResult<()> {
        let kept: Vec<(Uuid, String)> = keys::table
            .filter(keys::retired_at.is_not_null())
            .filter(keys::lost.eq(false))
            .select((keys::id, keys::sealed))
            .load(conn)?;
        let closed = kept
            .iter()
            .filter(|(id, sealed)| open(&self.vault, *id, sealed).is_err());
        let closed: Vec<Uuid> = closed.map(|(id, _)| *id).collect();
        diesel::update(keys::table.filter(keys::id.eq_any(closed)))
            .set(keys::lost.eq(true))
            .execute(conn)
            .map(drop)
    }
}

impl PgStore {
    /// Gives up the keys of the trail that are sealed with this lost key of the keyring, and makes a
    /// new one if that in use is among them: no entry could be written any more.
    pub(crate) fn replace_trail_key(&self, keyring_key: &str) -> Result<(), PortError> {
        self.write(|conn| {
            let sealed = keys::table.filter(keys::key_id.eq(keyring_key));
            let in_use = diesel::update(sealed.filter(keys::retired_at.is_null()))
                .set(keys::retired_at.eq(now))
                .execute(conn)?;
            diesel::update(sealed.filter(keys::lost.eq(false)))
                .set(keys::lost.eq(true))
                .execute(conn)?;
            if in_use == 0 {
                return Ok(());
            }
            note_new(conn, &self.vault, true, &AuditStamp::default())
        })
    }
}

/// Makes the key after a retired one, and says so on the trail.
fn note_new(
    conn: &mut PgConnection,
    vault: &Vault,
    lost: bool,
    stamp: &AuditStamp,
) -> Result<(), Failure> {
    make(conn, vault)?;
    let mut entry = AuditEntry::new(AuditEvent::AuditKeyMade, AuditOutcome::Succeeded, stamp);
    entry.detail = lost.then(|| "key_lost".into());
    append(conn, vault, &entry)
}

/// The key in use; a new one where there is none.
pub(super) fn in_use(conn: &mut PgConnection, vault: &Vault) -> Result<ChainKey, Failure> {
    let (id, sealed) = match row_in_use(conn)? {
        Some(row) => row,
        None if vault.chain.begun.load(Ordering::Acquire) => {
            // It was there a moment ago, and whoever retires one makes the next in the same transaction.
            // To begin anew would cover what was done to the entries.
            return Err(corrupt("audit_keys: the key of the audit trail was deleted").into());
        }
        None => make(conn, vault)?,
    };
    opened(vault, id, &sealed)
}

fn row_in_use(conn: &mut PgConnection) -> QueryResult<Option<(Uuid, String)>> {
    keys::table
        .filter(keys::retired_at.is_null())
        .select((keys::id, keys::sealed))
        .get_result(conn)
        .optional()
}

/// Makes the first key of the chain, or the one after a retired one. Of many who do so at once, one
/// is faster, and the others wait for it. Entries that are older than the first key are taken in with
/// it, all or none: whatever comes later without a place in the chain is nobody's oversight.
fn make(conn: &mut PgConnection, vault: &Vault) -> Result<(Uuid, String), Failure> {
    let mut bytes = [0; 16];
    vault.entropy.fill(&mut bytes);
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let mut secret = Zeroizing::new([0; 32]);
    vault.entropy.fill(&mut *secret);
    let first = keys::table.count().get_result::<i64>(conn)? == 0;
    let sealed = vault.seal(
        place(id),
        &Zeroizing::new(BASE64_STANDARD.encode(secret.as_slice())),
    )?;
    let made = diesel::insert_into(keys::table)
        .values((
            keys::id.eq(id),
            keys::key_id.eq(vault.key_id()),
            keys::sealed.eq(&sealed),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    if made == 0 {
        let row = row_in_use(conn)?;
        return Ok(row.ok_or_else(|| corrupt("audit_keys: no key is in use"))?);
    }
    if first {
        let adopted = adopt::all(conn, &ChainKey::new(id, &secret))?;
        log::info!("the audit trail is a chain now, with {adopted} entries from before");
    }
    Ok((id, sealed))
}

/// The key of a link, from this row.
pub(super) fn opened(vault: &Vault, id: Uuid, sealed: &str) -> Result<ChainKey, Failure> {
    let last = vault.chain.last.lock();
    let mut last = last.unwrap_or_else(PoisonError::into_inner);
    match &*last {
        Some(key) if key.id == id => Ok(key.clone()),
        _ => Ok(last.insert(open(vault, id, sealed)?).clone()),
    }
}

/// The key of this id; `None` where there is none, or it does not open.
pub(super) fn by_id(
    conn: &mut PgConnection,
    vault: &Vault,
    id: Uuid,
) -> QueryResult<Option<ChainKey>> {
    let sealed: Option<String> = keys::table
        .find(id)
        .select(keys::sealed)
        .get_result(conn)
        .optional()?;
    Ok(sealed.and_then(|sealed| open(vault, id, &sealed).ok()))
}

fn open(vault: &Vault, id: Uuid, sealed: &str) -> Result<ChainKey, crate::seal::SealError> {
    let place = place(id);
    let text = Zeroizing::new(vault.open(place, sealed)?);
    let bytes = BASE64_STANDARD.decode(text.as_bytes()).map(Zeroizing::new);
    let key = bytes.ok().and_then(|bytes| {
        let key = <[u8; 32]>::try_from(bytes.as_slice()).ok()?;
        Some(ChainKey::new(id, &Zeroizing::new(key)))
    });
    key.ok_or_else(|| place.error(SealFault::Malformed))
}

/// Where a key stands.
pub(crate) fn place(row: Uuid) -> Place {
    Place {
        table: "audit_keys",
        column: "sealed",
        row,
        generation: 0,
    }
}
