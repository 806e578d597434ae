//! The longest history anybody has, read by the client page by page: in the fewest calls, in the
//! memory of one page, and how fast beside the simulator's own speed, which is that of the same
//! pages read and thrown away.

use std::time::{Duration, Instant};

use trakt_api::endpoints::GetHistory;
use trakt_api::{AccessToken, BaseUrl, Call, Client, Config, Coverage};

use crate::Run;
use crate::memory::growth;
use crate::report::Report;
use crate::simulator::{CLIENT, PAGE, SECRET, Simulator};

pub fn prove(run: Run, report: &mut Report) {
    let plays = run.count(200_000, 5000);
    let simulator = Simulator::start(2, plays);
    let token = simulator.token("viewer-1");
    let mut raw = Duration::ZERO;
    let mut client = Duration::ZERO;
    let (mut seen, mut pages, mut complete, mut grown) = (0, 0, 0, 0);
    let rounds = run.count(5, 1);
    for _ in 0..rounds {
        raw += throw_away(&simulator, &token, plays.div_ceil(PAGE));
        let start = Instant::now();
        let cost = growth(|| (seen, pages, complete) = read(&simulator, &token));
        client += start.elapsed();
        grown = cost.max(grown);
    }
    report.all("plays read by the client", seen, plays);
    report.all("calls, of the fewest", pages, plays.div_ceil(PAGE));
    report.all("known to be complete", complete, 1);
    report.at_most("the client's memory, MiB", grown.div_ceil(1024 * 1024), 32);
    let rate = |took: Duration| {
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let all = (plays * rounds) as f64;
        all / took.as_secs_f64()
    };
    report.note("plays read a second", "", format!("{:.0}", rate(client)));
    report.note(
        "plays a second, read and thrown away",
        "",
        format!("{:.0}", rate(raw)),
    );
    report.note("ratio", "", format!("{:.2}", rate(client) / rate(raw)));
}

/// How many plays and pages there were, and whether that is all.
fn read(simulator: &Simulator, token: &str) -> (usize, usize, usize) {
    let url = || BaseUrl::parse(&simulator.url).unwrap();
    let client = Client::new(Config {
        api_url: url(),
        auth_url: url(),
        client_id: CLIENT.to_owned(),
        client_secret: Some(SECRET.to_owned().into()),
        redirect_uri: String::new(),
        user_agent: "prove/1.0".to_owned(),
    })
    .unwrap();
    let token = AccessToken::from(token.to_owned());
    let history = GetHistory::default();
    let mut pages = client.pages(&history, Call::of(&token));
    let (mut seen, mut calls) = (0, 0);
    for page in &mut pages {
        seen += page.unwrap().items.len();
        calls += 1;
    }
    let complete = pages.coverage() == Coverage::Complete;
    (seen, calls, usize::from(complete))
}

fn throw_away(simulator: &Simulator, token: &str, pages: usize) -> Duration {
    let start = Instant::now();
    for page in 1..=pages {
        simulator.page(token, page);
    }
    start.elapsed()
}
