//! `trakt-server doctor`: looks at everything that a service stands on, says one line a check, and
//! with each that is not well what to do. It changes nothing, and runs beside a service that serves.
//!
//! | file | what it looks at |
//! |---|---|
//! | `settings` | the settings, files that hold secrets, proxies and the address |
//! | `place` | `DATA_DIR` |
//! | `database` | the database: whether it can be used, and is what it should be |
//! | `keys` | the keys, and what signs bearer tokens |
//! | `trakt` | Trakt, and whether it takes the application |
//! | `clock` | how much clocks differ |

mod clock;
mod database;
mod keys;
mod place;
mod settings;
mod trakt;

use std::fmt;
use std::process::ExitCode;

use trakt_core::{SystemClock, SystemEntropy};

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Well,
    Odd,
    Bad,
    Skipped,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Well => "ok",
            Self::Odd => "warn",
            Self::Bad => "FAIL",
            Self::Skipped => "skip",
        })
    }
}

/// The lines, each printed as it comes. No text may hold a secret.
#[derive(Default)]
struct Report {
    failed: bool,
}

impl Report {
    fn well(&mut self, name: &str, found: impl fmt::Display) {
        self.line(State::Well, name, &found.to_string());
    }

    /// Something that works today and may hurt one day.
    fn odd(&mut self, name: &str, found: impl fmt::Display, advice: &str) {
        self.line(State::Odd, name, &format!("{found} — {advice}"));
    }

    fn bad(&mut self, name: &str, found: impl fmt::Display, advice: &str) {
        self.failed = true;
        self.line(State::Bad, name, &format!("{found} — {advice}"));
    }

    /// A check that cannot be made before another thing is mended.
    fn skip(&mut self, name: &str, needs: &str) {
        self.line(State::Skipped, name, &format!("skipped: needs {needs}"));
    }

    #[expect(clippy::print_stdout, reason = "the answer of the command")]
    fn line(&mut self, state: State, name: &str, text: &str) {
        // What libpq and the system say may have several lines.
        let words: Vec<&str> = text.split_whitespace().collect();
        println!("{state:<4}  {name:<16}  {}", words.join(" "));
    }
}

/// Runs all checks. Exit code 0: none failed; 1: one did, be it only a wrong setting.
#[must_use]
pub fn run() -> ExitCode {
    // There is no log: what has to be said is in the lines.
    let mut report = Report::default();
    let (clock, entropy) = (SystemClock, SystemEntropy);
    if let Some(found) = settings::check(&mut report) {
        place::check(&mut report, &found.settings);
        // Lives as long as its database is asked.
        let database = database::check(&mut report, &found, &clock);
        keys::check(&mut report, &found, database.as_ref(), &entropy);
        trakt::check(&mut report, &found, &clock);
    }
    if report.failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
