//! Refusals on the audit trail: calls without the right to make them, and limits that were hit.
//! At most one of each kind a second and caller, or a flood would write the disk full.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use metrics::counter;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditService};

use super::caller::Caller;
use crate::blocking;
use crate::limits::Limits;
use crate::problem::Code;

/// Writes a refusal down before it is answered.
///
/// # Errors
/// Those of the routes behind it.
pub async fn record(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let response = next.call(req).await?;
    let code = response.response().extensions().get::<Code>().copied();
    let entry = code.and_then(|code| entry(&response, code));
    let trail = response.request().app_data::<Data<AuditService>>().cloned();
    if let (Some(entry), Some(trail)) = (entry, trail) {
        // The refusal stands even if it cannot be written down.
        if blocking::database(move || trail.record(&entry))
            .await
            .is_err()
        {
            counter!("trakt_audit_failures_total").increment(1);
        }
    }
    Ok(response)
}

fn entry<B>(response: &ServiceResponse<B>, code: Code) -> Option<AuditEntry> {
    let (event, detail) = match code {
        Code::Unauthenticated => (AuditEvent::AccessRefused, "unauthenticated"),
        Code::Forbidden => (AuditEvent::AccessRefused, "forbidden"),
        Code::RateLimited => (AuditEvent::LimitHit, "rate_limited"),
        _ => return None,
    };
    let req = response.request();
    // A failed sign-in has an entry of its own, with its effect.
    let signing_in = req.path().starts_with("/auth/");
    if signing_in && event == AuditEvent::AccessRefused {
        return None;
    }
    // Whoever looks at a page without being signed in is shown the way, and refused nothing.
    let page = !req.path().starts_with("/trakt/") && req.method().is_safe();
    if page && code == Code::Unauthenticated {
        return None;
    }
    let caller = Caller::of(req).ok()?;
    let limits = req.app_data::<Data<Limits>>()?;
    // What a user was forbidden is all written down: the limits of the routes bound it.
    if code != Code::Forbidden && !limits.may_record(caller.limit_key(), event) {
        return None;
    }
    let stamp = caller.stamp();
    let mut entry = AuditEntry::new(event, AuditOutcome::Refused, &stamp).detail(detail);
    entry.subject = stamp.actor;
    Some(entry)
}
