//! Who did what to what, from where, and how it ended. Entries about an effect ride in the
//! command that has the effect, so that both commit together; what has no effect of its own
//! (a refused call, a limit) is recorded through [`crate::ports::AuditStore::record`].

mod event;
mod service;

pub use event::{
    AuditEntry, AuditEvent, AuditOutcome, AuditPlace, AuditQuery, AuditRecord, AuditStamp,
    AuditStep, AuditUser, UnknownEvent, UnknownUser,
};
pub use service::AuditService;
