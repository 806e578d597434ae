//! The form that gives a Trakt account to a user.

use maud::{Markup, html};
use trakt_core::TraktSlug;
use trakt_core::admin::Associate;
use trakt_core::audit::AuditStamp;
use trakt_core::user::Email;

use super::Said;
use super::list::Wanted;
use crate::problem::{Code, Problem};
use crate::web::session::Browser;

/// Why an account is not given, as the form says it.
const TOLD: [Code; 5] = [
    Code::UserNotFound,
    Code::TraktAccountNotFound,
    Code::AccountTaken,
    Code::AlreadyLinked,
    Code::TraktUnavailable,
];

/// What was sent, and what is wrong with it.
#[derive(Default)]
pub struct Draft {
    email: String,
    slug: String,
    replace: bool,
    email_wrong: bool,
    slug_wrong: bool,
    /// Why it was not done.
    pub refused: Option<Code>,
}

impl Draft {
    pub fn new(email: String, slug: String, replace: bool) -> Self {
        Self {
            email,
            slug,
            replace,
            ..Self::default()
        }
    }

    /// What is asked of the service; `None` where a field is wrong, which is noted.
    pub fn command(&mut self, stamp: &AuditStamp) -> Option<Associate> {
        let (email, slug) = (
            Email::parse(&self.email),
            TraktSlug::parse(self.slug.trim()),
        );
        self.email_wrong = email.is_err();
        self.slug_wrong = slug.is_err();
        Some(Associate {
            email: email.ok()?,
            slug: slug.ok()?,
            replace: self.replace,
            stamp: stamp.clone(),
        })
    }
}

/// Why it was not done, where the form can say it.
///
/// # Errors
/// Every other problem.
pub fn told(problem: Problem) -> Result<Code, Problem> {
    match problem.code {
        code if TOLD.contains(&code) => Ok(code),
        _ => Err(problem),
    }
}

fn message(code: Code) -> String {
    format!("admin-claim-{}", code.as_str().replace('_', "-"))
}

pub fn section(browser: &Browser, wanted: &Wanted, said: &Said) -> Markup {
    let say = |id: &str| browser.text.say(id);
    let none = Draft::default();
    let draft = match said {
        Said::NotAssociated(draft) => draft,
        _ => &none,
    };
    let described = |wrong: bool, id: &'static str| wrong.then_some(id);
    html! {
        section aria-labelledby="associate" {
            h2 id="associate" { (say("admin-claim")) }
            p { (say("admin-claim-hint")) }
            form.card method="post" action="/admin/associate" {
                (browser.hidden()) (wanted.hidden())
                @if let Some(code) = draft.refused {
                    p.error role="alert" { (say(&message(code))) }
                }
                label for="claim-email" { (say("admin-claim-email")) }
                input id="claim-email" name="email" type="text" inputmode="email" required
                    autocomplete="off" value=(draft.email)
                    aria-invalid=[described(draft.email_wrong, "true")]
                    aria-describedby=[described(draft.email_wrong, "claim-email-wrong")];
                @if draft.email_wrong {
                    p.error role="alert" id="claim-email-wrong" { (say("admin-claim-email-wrong")) }
                }
                label for="claim-slug" { (say("admin-claim-slug")) }
                input id="claim-slug" name="slug" type="text" required autocomplete="off"
                    value=(draft.slug)
                    aria-invalid=[described(draft.slug_wrong, "true")]
                    aria-describedby=[described(draft.slug_wrong, "claim-slug-wrong")];
                @if draft.slug_wrong {
                    p.error role="alert" id="claim-slug-wrong" { (say("admin-claim-slug-wrong")) }
                }
                label.check {
                    input type="checkbox" name="replace" value="yes" checked[draft.replace];
                    " " (say("admin-claim-replace"))
                }
                button.main { (say("admin-claim-now")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::text::Text;

    #[test]
    fn every_refusal_has_its_words() {
        for code in TOLD {
            assert!(Text::has(&message(code)), "{code:?}");
        }
        assert!(told(Problem::internal()).is_err());
    }
}
