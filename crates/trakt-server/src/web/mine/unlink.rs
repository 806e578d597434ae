//! Ending the link, and what becomes of its data.

use actix_web::HttpResponse;
use actix_web::web::Data;
use maud::{Markup, html};
use trakt_core::link::LinkService;
use trakt_core::token::Revoker;

use super::{Mine, yes};
use crate::blocking;
use crate::http::link::purge;
use crate::problem::Problem;
use crate::web::form::Form;
use crate::web::layout::see;
use crate::web::session::{Browser, Visit};

/// `POST /my/unlink`: ends the link, whatever Trakt does. What is held stays (`data=keep`), or goes
/// with it (`data=purge`), also where there is no link any more. Nothing happens without
/// `confirm=yes`.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn unlink(
    visit: Visit,
    links: Data<LinkService>,
    revoker: Data<Revoker>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0?;
    let purge = purge(&mut fields);
    let confirmed = fields.optional("confirm", yes).is_some();
    fields.finish()?;
    if !confirmed {
        return Ok(see("/my?done=unconfirmed"));
    }
    let (user, stamp) = (visit.member.user.id, visit.member.stamp);
    let held = blocking::unlink(purge, move || links.unlink(user, purge, &stamp)).await?;
    blocking::revoke(&revoker, held).await;
    Ok(see(match purge {
        true => "/my?done=purged",
        false => "/my?done=unlinked",
    }))
}

/// Nothing where there is neither a link nor data.
pub fn section(browser: &Browser, mine: &Mine) -> Markup {
    let say = |id: &str| browser.text.say(id);
    let linked = !matches!(mine.link, Ok(None));
    let (title, confirm, button) = match linked {
        true => ("mine-unlink", "mine-unlink-confirm", "mine-unlink-now"),
        false => ("mine-purge", "mine-purge-confirm", "mine-purge-now"),
    };
    html! {
        @if !mine.is_blank() {
            section aria-labelledby="unlink" {
                h2 id="unlink" { (say(title)) }
                form.card method="post" action="/my/unlink" {
                    (browser.hidden())
                    @if linked {
                        fieldset {
                            legend { (say("mine-unlink-data")) }
                            (choice(browser, "keep", true))
                            (choice(browser, "purge", false))
                        }
                    } @else {
                        p { (say("mine-purge-hint")) }
                        input type="hidden" name="data" value="purge";
                    }
                    label.check for="unlink-confirm" {
                        input id="unlink-confirm" type="checkbox" name="confirm" value="yes" required;
                        " " (say(confirm))
                    }
                    button.bad { (say(button)) }
                }
            }
        }
    }
}

fn choice(browser: &Browser, word: &str, checked: bool) -> Markup {
    html! {
        label.check for={ "unlink-" (word) } {
            input id={ "unlink-" (word) } type="radio" name="data" value=(word) checked[checked];
            " " (browser.text.say(&format!("mine-unlink-{word}")))
        }
    }
}
