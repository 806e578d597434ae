//! What Trakt recommends, hiding it, and taking that back.

use actix_web::HttpResponse;
use actix_web::web::Data;
use futures_util::future::join;
use maud::{Markup, html};
use trakt_core::UserId;
use trakt_core::recommend::{RecommendService, Recommended};
use trakt_core::scrobble::{ScrobbleService, Sought, SoughtIds, Wish};
use trakt_core::watch::ItemKind;

use super::lists::{as_of, name};
use super::{Mine, Read, recommended, trouble};
use crate::blocking;
use crate::http::scrobble::keep;
use crate::problem::{Code, Problem};
use crate::web::form::Form;
use crate::web::layout::see;
use crate::web::session::{Browser, Visit};

/// What is recommended.
pub const KINDS: [ItemKind; 2] = [ItemKind::Movie, ItemKind::Show];

/// Reads the lists at Trakt that were never read; tells why one could not be.
pub async fn fetch(service: &RecommendService, user: UserId) -> [Option<Problem>; 2] {
    let read = |kind| {
        let (service, query) = (service.clone(), recommended(user, kind));
        blocking::trakt(move || match service.held(&query)? {
            Some(_) => Ok(()),
            None => service.fetch(&query).map(drop),
        })
    };
    let [movies, shows] = KINDS.map(read);
    let (movies, shows) = join(movies, shows).await;
    [movies.err(), shows.err()]
}

/// `POST /my/hide`: never recommend it again.
///
/// # Errors
/// 401, 403, 404, 409, 422, 429, 503.
pub async fn hide(
    visit: Visit,
    scrobbles: Data<ScrobbleService>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let (kind, trakt) = item(form)?;
    let item = sought(kind, trakt);
    keep(&visit.member, &scrobbles, Wish::Hide { item }, None).await?;
    let to = format!("/my?done=hidden&kind={kind}&trakt={trakt}");
    Ok(see(&to))
}

/// `POST /my/undo`: it may be recommended again.
///
/// # Errors
/// 401, 403, 404, 409, 422, 429, 503.
pub async fn undo(
    visit: Visit,
    scrobbles: Data<ScrobbleService>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let (kind, trakt) = item(form)?;
    let item = sought(kind, trakt);
    keep(&visit.member, &scrobbles, Wish::Show { item }, None).await?;
    Ok(see("/my?done=shown"))
}

fn item(form: Form) -> Result<(ItemKind, i64), Problem> {
    let mut fields = form.0?;
    let kind = fields.required("kind", kind);
    let trakt = fields.required("trakt", number);
    fields.finish()?;
    kind.zip(trakt).ok_or_else(Problem::internal)
}

/// Reads what kind of thing it is.
pub fn kind(word: &str) -> Result<ItemKind, &'static str> {
    let kind = KINDS.iter().find(|kind| kind.as_str() == word);
    kind.copied().ok_or("must be 'movie' or 'show'")
}

/// Reads Trakt's number of a thing.
pub fn number(text: &str) -> Result<i64, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("must be Trakt's number")
}

fn sought(kind: ItemKind, trakt: i64) -> Sought {
    let ids = SoughtIds {
        trakt: Some(trakt),
        ..SoughtIds::default()
    };
    Sought::Own { kind, ids }
}

pub fn section(browser: &Browser, mine: &Mine) -> Markup {
    let say = |id: &str| browser.text.say(id);
    // What is switched off, or dead, is so for both.
    let [movies, shows] = &mine.recommended;
    let both = match (movies, shows) {
        (Err(one), Err(other)) if one.code == other.code => Some(one),
        _ => None,
    };
    let unread = mine.recommended.iter().any(|list| matches!(list, Ok(None)));
    let push = mine.choices.as_ref().is_ok_and(|choices| choices.push);
    html! {
        section aria-labelledby="recommended" id="recommended-list" data-live {
            h2 id="recommended" { (say("mine-recommended")) }
            @if let Some(problem) = both {
                @if problem.code == Code::SwitchedOff {
                    p { (say("mine-recommended-off")) }
                } @else {
                    (trouble(browser, problem))
                }
            } @else {
                @if !push { p { (say("mine-hide-off")) } }
                div.two {
                    @for (list, id) in mine.recommended.iter().zip(["mine-movies", "mine-shows"]) {
                        div {
                            h3 { (say(id)) }
                            (one(browser, list, push))
                        }
                    }
                }
                @if unread {
                    form method="get" action="/my" {
                        input type="hidden" name="recommend" value="yes";
                        button id="recommend-fetch" { (say("mine-recommended-get")) }
                    }
                }
            }
        }
    }
}

fn one(browser: &Browser, list: &Read<Option<Recommended>>, push: bool) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        @match list {
            Err(problem) => (trouble(browser, problem)),
            Ok(None) => p { (say("mine-recommended-unread")) },
            Ok(Some(list)) => {
                (as_of(browser, list.as_of))
                @if list.stale { p { (say("mine-recommended-stale")) } }
                @if list.items.is_empty() { p { (say("mine-recommended-none")) } }
                ul.plain {
                    @for item in &list.items {
                        li.row.between {
                            span { (name(browser, item)) }
                            @if push {
                                (form(browser, "/my/hide", (item.kind(), item.ids().trakt), html! {
                                    (say("mine-hide")) span.visually-hidden { " " (name(browser, item)) }
                                }))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The way back from a hide.
pub fn offer(browser: &Browser, item: (ItemKind, i64)) -> Markup {
    let label = browser.text.say("mine-undo");
    form(browser, "/my/undo", item, html! { (label) })
}

#[expect(clippy::needless_pass_by_value, reason = "a label is made for it")]
fn form(browser: &Browser, to: &str, (kind, trakt): (ItemKind, i64), label: Markup) -> Markup {
    html! {
        form method="post" action=(to) {
            (browser.hidden())
            input type="hidden" name="kind" value=(kind);
            input type="hidden" name="trakt" value=(trakt);
            button id={ (to.trim_start_matches("/my/")) "-" (kind) "-" (trakt) } { (label) }
        }
    }
}
