//! The switches.

use actix_web::HttpResponse;
use actix_web::web::Data;
use maud::{Markup, html};
use trakt_core::choice::{ChoiceService, Choices, Switch};
use trakt_core::ports::ChangeChoices;

use super::{Read, trouble, yes};
use crate::blocking;
use crate::problem::Problem;
use crate::web::form::Form;
use crate::web::layout::see;
use crate::web::session::{Browser, Visit};

/// `POST /my/settings`: all three at once, as a box that is not ticked is not sent.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn settings(
    visit: Visit,
    choices: Data<ChoiceService>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0?;
    let mut ticked = |switch: Switch| Some(fields.optional(switch.as_str(), yes).is_some());
    let cmd = ChangeChoices {
        user: visit.member.user.id,
        pull: ticked(Switch::Pull),
        push: ticked(Switch::Push),
        recommendations: ticked(Switch::Recommendations),
        stamp: visit.member.stamp,
    };
    fields.finish()?;
    let now = blocking::database(move || choices.change(&cmd)).await?;
    now.ok_or_else(|| Problem::unauthenticated(true))?;
    Ok(see("/my?done=saved"))
}

pub fn section(browser: &Browser, choices: &Read<Choices>) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        section aria-labelledby="settings" {
            h2 id="settings" { (say("mine-settings")) }
            @match choices {
                Err(problem) => (trouble(browser, problem)),
                Ok(choices) => form.card method="post" action="/my/settings" {
                    (browser.hidden())
                    @for switch in Switch::ALL {
                        @let word = switch.as_str();
                        label.check for={ "switch-" (word) } {
                            input id={ "switch-" (word) } type="checkbox" name=(word) value="yes"
                                checked[choices.on(*switch)] aria-describedby={ "about-" (word) };
                            " " (say(&format!("mine-switch-{word}")))
                        }
                        p.soft id={ "about-" (word) } { (say(&format!("mine-about-{word}"))) }
                    }
                    button { (say("mine-save")) }
                },
            }
        }
    }
}
