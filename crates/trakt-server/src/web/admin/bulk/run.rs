//! Doing what is in a file, line by line.

use std::time::{Duration, Instant};

use actix_web::web::Data;
use trakt_core::admin::AdminService;

use super::file::{Bulk, Line};
use super::view::Stage;
use super::{BATCH, Outcome};
use crate::blocking;
use crate::problem::{Code, Problem};

/// How long lines are begun for one answer. Each can take as long as a call to Trakt does, so that
/// an answer comes before a proxy or a person gives up.
const BUDGET: Duration = Duration::from_secs(10);

/// Does the lines from the `first` on, until the time is up or something is in the way that is no
/// fault of the line. A line is wholly done or not at all, and doing it again changes nothing.
pub async fn run(service: Data<AdminService>, bulk: &Bulk, first: usize) -> Stage {
    let begun = Instant::now();
    let (mut outcomes, mut trouble) = (Vec::new(), None);
    for line in bulk.lines.iter().skip(first).take(BATCH) {
        if begun.elapsed() >= BUDGET {
            break;
        }
        match one(&service, line).await {
            Ok(outcome) => outcomes.push(outcome),
            Err(problem) => {
                trouble = Some(problem.code);
                break;
            }
        }
    }
    Stage::Ran {
        outcomes,
        first,
        trouble,
    }
}

/// Does one line.
///
/// # Errors
/// What would be in the way of the next one too.
async fn one(service: &Data<AdminService>, line: &Line) -> Result<Outcome, Problem> {
    let cmd = match &line.read {
        Ok(cmd) => cmd.clone(),
        Err(flaw) => return Ok(Outcome::Flawed(*flaw)),
    };
    let service = service.clone();
    match blocking::trakt(move || service.associate(&cmd)).await {
        Ok(_) => Ok(Outcome::Associated),
        Err(problem) => match problem.code {
            code @ (Code::UserNotFound
            | Code::TraktAccountNotFound
            | Code::AccountTaken
            | Code::AlreadyLinked) => Ok(Outcome::Refused(code)),
            _ => Err(problem),
        },
    }
}
