//! `GET /trakt/export`: everything that is held about the user, as JSON lines.

mod line;

use actix_web::http::{Method, header};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::try_unfold;
use trakt_core::export::{ExportItem, ExportService, ExportStep};
use trakt_core::user::User;
use trakt_core::{Clock as _, SystemClock, UserId};

use self::line::Line;
use crate::blocking;
use crate::guard::Member;
use crate::limits::Limits;
use crate::problem::Problem;
use crate::streams::{Streams, Turn, pieces};

/// `GET /trakt/export`: one line of JSON for each thing; the last one says how many came before it.
/// Where something fails on the way the connection is cut, so that no part passes for the whole.
///
/// # Errors
/// 401, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/export",
    operation_id = "export",
    tag = "Settings",
    summary = "Everything that is held about the user",
    description = "One line of JSON for each thing, as docs/export.md describes them; the last says how many came before it. Where something fails on the way the connection is cut. One at a time, a process has eight.",
    responses(
        (status = 200, description = "JSON lines", content_type = "application/x-ndjson", body = String),
    ),
)]
pub async fn export(
    request: HttpRequest,
    member: Member,
    exports: Data<ExportService>,
    limits: Data<Limits>,
    streams: Data<Streams>,
) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "application/x-ndjson"));
    let name = "attachment; filename=\"trakt-export.jsonl\"";
    response.insert_header((header::CONTENT_DISPOSITION, name));
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if request.method() == Method::HEAD {
        return Ok(response.finish());
    }
    let turn = streams.exports.take(member.user.id)?;
    limits.export(member.user.id)?;
    let export = Export::begin(exports, &member.user, turn).await?;
    let pages = try_unfold(export, |export| async move {
        if export.turn.is_over() {
            return Err(cut(&"the client takes too long"));
        }
        export.next().await.map_err(|problem| cut(&problem))
    });
    Ok(response.streaming(pieces(pages)))
}

fn cut(why: &dyn std::fmt::Display) -> std::io::Error {
    log::warn!("an export was cut: {why}");
    std::io::Error::other("the export was cut")
}

/// An export that is under way. A page is read when the client has taken the one before it: in
/// between it holds neither a connection nor a thread.
struct Export {
    exports: Data<ExportService>,
    user: UserId,
    /// What is written and was not taken yet.
    written: Vec<u8>,
    lines: u64,
    next: Option<ExportStep>,
    over: bool,
    turn: Turn,
}

impl Export {
    /// Reads the first page, so that a database that is away is an answer of its own.
    async fn begin(exports: Data<ExportService>, user: &User, turn: Turn) -> Result<Self, Problem> {
        let mut export = Self {
            exports,
            user: user.id,
            written: Vec::new(),
            lines: 0,
            next: Some(ExportService::first()),
            over: false,
            turn,
        };
        export.write(&Line::begin(user, SystemClock.now()))?;
        export.read().await?;
        Ok(export)
    }

    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Problem> {
        while self.written.is_empty() && !self.over {
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
            self.over = true;
            return self.write(&Line::End { lines: self.lines });
        };
        let (exports, user) = (self.exports.clone(), self.user);
        let (items, next) = blocking::database(move || exports.page(user, &step)).await?;
        self.next = next;
        items.into_iter().try_for_each(|item| self.item(item))
    }

    fn item(&mut self, item: ExportItem) -> Result<(), Problem> {
        self.write(&Line::from(item))
    }

    fn write(&mut self, line: &Line) -> Result<(), Problem> {
        serde_json::to_writer(&mut self.written, line).map_err(|_| Problem::internal())?;
        self.written.push(b'\n');
        self.lines += 1;
        Ok(())
    }
}
