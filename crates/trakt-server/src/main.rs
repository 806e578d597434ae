//! `trakt-server <command>`.

use std::process::ExitCode;

fn main() -> ExitCode {
    trakt_server::cli::run()
}
