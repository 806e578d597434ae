//! `GET /admin/audit/export`: the entries that are filtered for, as JSON lines.

use actix_web::http::{Method, header};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::try_unfold;
use trakt_core::audit::{AuditService, AuditStep};

use super::filter::Wanted;
use crate::blocking;
use crate::http::{Query, audit::AuditView};
use crate::problem::{FieldError, Problem};
use crate::streams::{Streams, Turn, pieces};
use crate::web::session::AdminVisit;

/// `GET /admin/audit/export?user&event&since&until`: one line of JSON for each entry, as
/// `GET /trakt/admin/audit` has it, newest first. Where something fails on the way the connection is
/// cut, so that no part passes for the whole.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn export(
    request: HttpRequest,
    visit: AdminVisit,
    trail: Data<AuditService>,
    streams: Data<Streams>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let wanted = Wanted::of(&mut fields);
    fields.finish()?;
    let query = wanted.query().ok_or_else(|| {
        Problem::validation(vec![FieldError {
            field: String::new(),
            message: "a filter means nothing".to_owned(),
        }])
    })?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "application/x-ndjson"));
    let name = "attachment; filename=\"audit-trail.jsonl\"";
    response.insert_header((header::CONTENT_DISPOSITION, name));
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if request.method() == Method::HEAD {
        return Ok(response.finish());
    }
    let turn = streams.exports.take(visit.0.member.user.id)?;
    let step = AuditStep { query, after: None };
    let export = Export::begin(trail, step, turn).await?;
    let pages = try_unfold(export, |export| async move {
        if export.turn.is_over() {
            return Err(cut(&"the client takes too long"));
        }
        export.next().await.map_err(|problem| cut(&problem))
    });
    Ok(response.streaming(pieces(pages)))
}

fn cut(why: &dyn std::fmt::Display) -> std::io::Error {
    log::warn!("an export of the audit trail was cut: {why}");
    std::io::Error::other("the export was cut")
}

/// An export that is under way. A piece is read when the client has taken the one before it: in
/// between it holds neither a connection nor a thread.
struct Export {
    trail: Data<AuditService>,
    /// What is written and was not taken yet.
    written: Vec<u8>,
    next: Option<AuditStep>,
    turn: Turn,
}

impl Export {
    /// Reads the first piece, so that a database that is away is an answer of its own.
    async fn begin(
        trail: Data<AuditService>,
        step: AuditStep,
        turn: Turn,
    ) -> Result<Self, Problem> {
        let mut export = Self {
            trail,
            written: Vec::new(),
            next: Some(step),
            turn,
        };
        export.read().await?;
        Ok(export)
    }

    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Problem> {
        if self.written.is_empty() {
            self.read().await?;
        }
        if self.written.is_empty() {
            return Ok(None);
        }
        let written = std::mem::take(&mut self.written);
        Ok(Some((written.into(), self)))
    }

    async fn read(&mut self) -> Result<(), Problem> {
        let Some(step) = self.next.take() else {
            return Ok(());
        };
        let trail = self.trail.clone();
        let (records, next) = blocking::database(move || trail.read_on(&step)).await?;
        self.next = next;
        for record in records {
            let line = AuditView::from(record);
            serde_json::to_writer(&mut self.written, &line).map_err(|_| Problem::internal())?;
            self.written.push(b'\n');
        }
        Ok(())
    }
}
