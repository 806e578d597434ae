//! `/admin/bulk`: many associations from a file. Nothing is kept between two forms: the file comes
//! with each of them.

mod file;
mod run;
mod view;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use trakt_core::admin::{AdminService, Associate, Foreseen};

use self::file::{Bulk, Flaw};
use self::view::{Report, Stage};
use super::verbatim;
use crate::blocking;
use crate::http::Query;
use crate::problem::{Code, Problem};
use crate::web::form::Form;
use crate::web::session::AdminVisit;

/// How many lines one answer is about: what is shown of a check, and what is done at once.
const BATCH: usize = 100;

/// What comes, or came, of a line.
#[derive(Clone)]
enum Outcome {
    /// It is not tried.
    Flawed(Flaw),
    /// What would come of it.
    Foreseen(Foreseen),
    /// The user has the account.
    Associated,
    /// It was tried and refused.
    Refused(Code),
}

/// What is to be done with a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Check,
    Run,
}

/// `GET /admin/bulk`.
///
/// # Errors
/// 401, 403, 429, 503.
pub async fn page(visit: AdminVisit) -> Result<HttpResponse, Problem> {
    let main = view::form(&visit.0.browser, "", None);
    Ok(visit.0.page("nav-bulk", &main))
}

/// `POST /admin/bulk?from`: `mode=dry` checks the file, and `mode=run` does what is in it, if it is
/// the file that was checked, from the line on that is the `from`th of the file.
///
/// # Errors
/// 401, 403, 413, 422, 429, 503; what is wrong with the file is said above it.
pub async fn run(
    visit: AdminVisit,
    service: Data<AdminService>,
    query: Query,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let first = fields.optional("from", line);
    fields.finish()?;
    let mut fields = form.0?;
    let text = fields.required("csv", verbatim).unwrap_or_default();
    let mode = fields.required("mode", mode);
    let checked = fields.optional("checked", verbatim);
    fields.finish()?;
    let (visit, browser) = (&visit.0, &visit.0.browser);
    let text = file::normal(&text);
    let bulk = match file::read(&text, &visit.member.stamp) {
        Ok(bulk) => bulk,
        Err(wrong) => {
            let main = view::form(browser, &text, Some(&wrong));
            return Ok(visit.refused(StatusCode::UNPROCESSABLE_ENTITY, "nav-bulk", &main));
        }
    };
    let first = first.unwrap_or(0).min(bulk.lines.len());
    let same = checked.is_some_and(|checked| checked == bulk.digest);
    let stage = match mode {
        Some(Mode::Run) if same => run::run(service, &bulk, first).await,
        mode => Stage::Checked {
            outcomes: check(service, &bulk).await?,
            first,
            changed: mode == Some(Mode::Run),
        },
    };
    let report = Report { text, bulk, stage };
    Ok(visit.page("nav-bulk", &view::report(browser, &report)))
}

/// The number of a line, from 1; from 0 as we count.
fn line(text: &str) -> Result<usize, &'static str> {
    match text.parse::<usize>() {
        Ok(line @ 1..=1_000_000) => Ok(line - 1),
        _ => Err("must be a whole number from 1 to 1000000"),
    }
}

fn mode(word: &str) -> Result<Mode, &'static str> {
    match word {
        "dry" => Ok(Mode::Check),
        "run" => Ok(Mode::Run),
        _ => Err("must be 'dry' or 'run'"),
    }
}

/// What would come of each line, by what is known here. Trakt is not asked: five hundred look-ups
/// are more than an answer can wait for.
async fn check(service: Data<AdminService>, bulk: &Bulk) -> Result<Vec<Outcome>, Problem> {
    let read = bulk.lines.iter().filter_map(|line| line.read.as_ref().ok());
    let claims: Vec<Associate> = read.cloned().collect();
    let foreseen = blocking::database(move || service.foresee(&claims)).await?;
    let mut foreseen = foreseen.into_iter();
    let outcomes = bulk.lines.iter().map(|line| match &line.read {
        Err(flaw) => Some(Outcome::Flawed(*flaw)),
        Ok(_) => foreseen.next().map(Outcome::Foreseen),
    });
    outcomes
        .collect::<Option<_>>()
        .ok_or_else(Problem::internal)
}
