//! `/my`: the link, its data, and what to do about them.

mod lists;
mod recommend;
mod settings;
mod state;
mod sync;
mod unlink;

use actix_web::HttpResponse;
use actix_web::web::Data;
use maud::{Markup, html};
use trakt_core::UserId;
use trakt_core::choice::{ChoiceService, Choices};
use trakt_core::link::{Link, LinkService, LinkStatus};
use trakt_core::ports::RecommendQuery;
use trakt_core::recommend::{RecommendService, Recommended};
use trakt_core::watch::{
    HistoryCursor, HistoryQuery, ItemKind, Listing, Play, ProgressCursor, ProgressQuery, PullState,
    ReadService, ToWatch, WatchService,
};

pub use self::recommend::{hide, undo};
pub use self::settings::settings;
pub use self::sync::sync;
pub use self::unlink::unlink;

use super::answer;
use super::layout::see;
use super::session::{Browser, Visit};
use crate::blocking;
use crate::http::{Fields, Query};
use crate::problem::Problem;

/// How many items each list has.
const ROWS: u32 = 10;
/// Of each kind of recommendations.
const RECOMMENDED: u32 = 6;

/// What a form has done, as the page says it afterwards.
const DONE: [&str; 8] = [
    "asked",
    "confirmed",
    "hidden",
    "shown",
    "saved",
    "unlinked",
    "purged",
    "unconfirmed",
];

/// What could be read, or why it could not: one that fails takes no other with it.
type Read<T> = Result<T, Problem>;

/// What the page is about.
struct Mine {
    link: Read<Option<Link>>,
    choices: Read<Choices>,
    state: Read<Option<PullState>>,
    progress: Read<Listing<ToWatch, ProgressCursor>>,
    history: Read<Listing<Play, HistoryCursor>>,
    /// In the order of [`recommend::KINDS`].
    recommended: [Read<Option<Recommended>>; 2],
}

impl Mine {
    /// How the link stands; `None` where there is none, or nobody knows.
    fn status(&self) -> Option<LinkStatus> {
        let link = self.link.as_ref().ok()?.as_ref()?;
        Some(link.status)
    }

    /// Whether nothing is linked, and nothing of an earlier link is kept.
    fn is_blank(&self) -> bool {
        matches!((&self.link, &self.state), (Ok(None), Ok(None)))
    }
}

/// `GET /`.
pub async fn front() -> HttpResponse {
    see("/my")
}

/// `GET /my?done&kind&trakt&recommend`. Trakt is asked only with `recommend=yes`, and then for lists
/// that were never read.
///
/// # Errors
/// 401, 422, 429, 503.
pub async fn page(
    visit: Visit,
    links: Data<LinkService>,
    choices: Data<ChoiceService>,
    watch: Data<WatchService>,
    reads: Data<ReadService>,
    recommend: Data<RecommendService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let done = Done::of(&mut fields);
    let fetch = fields.optional("recommend", yes).is_some();
    fields.finish()?;
    let user = visit.member.user.id;
    let troubles = match fetch {
        true => recommend::fetch(&recommend, user).await,
        false => [None, None],
    };
    let mut mine = blocking::database(move || {
        Ok::<_, Problem>(Mine {
            link: links.association(user).map_err(Problem::from),
            choices: choices.choices(user).map_err(Problem::from),
            state: watch.state(user).map_err(Problem::from),
            progress: reads.progress(&to_watch(user)).map_err(Problem::from),
            history: reads.history(&plays(user)).map_err(Problem::from),
            recommended: recommend::KINDS.map(|kind| {
                recommend
                    .held(&recommended(user, kind))
                    .map_err(Problem::from)
            }),
        })
    })
    .await?;
    for (list, trouble) in mine.recommended.iter_mut().zip(troubles) {
        // Trakt was asked and did not answer: better said than offered once more.
        if let (Ok(None), Some(trouble)) = (&list, trouble) {
            *list = Err(trouble);
        }
    }
    Ok(visit.page("nav-mine", &main(&visit.browser, &mine, done.as_ref())))
}

fn to_watch(user: UserId) -> ProgressQuery {
    ProgressQuery {
        user,
        after: None,
        limit: ROWS,
    }
}

fn plays(user: UserId) -> HistoryQuery {
    HistoryQuery {
        user,
        kind: None,
        since: None,
        until: None,
        after: None,
        limit: ROWS,
    }
}

fn recommended(user: UserId, kind: ItemKind) -> RecommendQuery {
    RecommendQuery {
        user,
        kind,
        limit: RECOMMENDED,
    }
}

/// What a form of this page has done.
struct Done {
    word: String,
    /// Of what is hidden: what would be shown again.
    item: Option<(ItemKind, i64)>,
}

impl Done {
    /// A word that is none of ours says nothing.
    fn of(fields: &mut Fields) -> Option<Self> {
        let word = fields.optional("done", |word| Ok::<_, &str>(word.to_owned()));
        let kind = fields.optional("kind", recommend::kind);
        let trakt = fields.optional("trakt", recommend::number);
        let word = word.filter(|word| DONE.contains(&word.as_str()))?;
        let item = kind.zip(trakt).filter(|_| word == "hidden");
        Some(Self { word, item })
    }
}

/// A tick.
fn yes(word: &str) -> Result<(), &'static str> {
    match word {
        "yes" => Ok(()),
        _ => Err("must be 'yes'"),
    }
}

fn main(browser: &Browser, mine: &Mine, done: Option<&Done>) -> Markup {
    html! {
        @if let Some(done) = done { (notice(browser, done)) }
        (state::section(browser, &mine.link))
        @if mine.is_blank() {
            p { (browser.text.say("mine-blank")) }
        } @else {
            (sync::section(browser, mine))
            div.two {
                (lists::progress(browser, &mine.progress))
                (lists::history(browser, &mine.history))
            }
            (recommend::section(browser, mine))
        }
        (settings::section(browser, &mine.choices))
        (export(browser))
        (unlink::section(browser, mine))
    }
}

fn notice(browser: &Browser, done: &Done) -> Markup {
    let text = browser.text.say(&format!("mine-done-{}", done.word));
    html! {
        @if done.word == "unconfirmed" {
            p.error role="alert" { (text) }
        } @else {
            div.card role="status" {
                p.good { (text) }
                @if let Some(item) = done.item { (recommend::offer(browser, item)) }
            }
        }
    }
}

/// The export is `http::export`, at a path where what goes wrong is shown as a page.
fn export(browser: &Browser) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        section aria-labelledby="export" {
            h2 id="export" { (say("mine-export")) }
            p { (say("mine-export-hint")) }
            p { a.button href="/my/export" { (say("mine-export-get")) } }
        }
    }
}

/// Why a part of the page is not there.
fn trouble(browser: &Browser, problem: &Problem) -> Markup {
    html! { p.error role="alert" { (answer::says(browser.text, problem.code)) } }
}

#[cfg(test)]
mod tests {
    use trakt_core::choice::Switch;

    use super::*;
    use crate::web::text::Text;

    #[test]
    fn what_is_put_together_has_its_words() {
        let done = DONE.map(|word| format!("mine-done-{word}"));
        let switches = Switch::ALL.iter().flat_map(|switch| {
            let word = switch.as_str();
            [format!("mine-switch-{word}"), format!("mine-about-{word}")]
        });
        for id in done.into_iter().chain(switches) {
            assert!(Text::has(&id), "{id}");
        }
    }
}
