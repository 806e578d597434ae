//! What all pages have around them.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use chrono::{DateTime, SecondsFormat, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use trakt_core::user::{Role, User};

use super::assets::{SCRIPT, STYLE};
use super::form::CSRF;
use super::session::{Browser, Visit};

/// The pages that the navigation leads to: path, message, and who sees it.
const PAGES: [(&str, &str, Role); 6] = [
    ("/my", "nav-mine", Role::User),
    ("/link", "nav-link", Role::User),
    ("/activity", "nav-activity", Role::User),
    ("/admin", "nav-admin", Role::Admin),
    ("/admin/audit", "nav-audit", Role::Admin),
    ("/admin/bulk", "nav-bulk", Role::Admin),
];

impl Visit {
    /// A page for whoever is signed in. `title` is the message that heads it.
    pub fn page(&self, title: &str, main: &Markup) -> HttpResponse {
        self.browser
            .page(StatusCode::OK, title, Some(&self.member.user), main)
    }

    /// The same with a status of its own, for a form that could not be done as it was sent.
    pub fn refused(&self, status: StatusCode, title: &str, main: &Markup) -> HttpResponse {
        self.browser
            .page(status, title, Some(&self.member.user), main)
    }
}

impl Browser {
    /// A page. Its `main` stands below the heading.
    pub fn page(
        &self,
        status: StatusCode,
        title: &str,
        user: Option<&User>,
        main: &Markup,
    ) -> HttpResponse {
        let title = self.text.say(title);
        let page = html! {
            (DOCTYPE)
            html lang=(self.text.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · " (self.text.say("product")) }
                    style { (PreEscaped(STYLE)) }
                    script src=(*SCRIPT) defer {}
                }
                body {
                    a.skip href="#main" { (self.text.say("skip")) }
                    (self.header(user))
                    main id="main" tabindex="-1" {
                        h1 { (title) }
                        (main)
                    }
                }
            }
        };
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"));
        if let Some(cookie) = &self.fresh {
            response.cookie(cookie.clone());
        }
        response.body(page.into_string())
    }

    fn header(&self, user: Option<&User>) -> Markup {
        html! {
            header {
                p.product { (self.text.say("product")) }
                @if let Some(user) = user {
                    nav aria-label=(self.text.say("nav")) {
                        ul {
                            @for (path, name, who) in PAGES {
                                @if who == Role::User || user.role == Role::Admin {
                                    li {
                                        a href=(path) aria-current=[(self.path == path).then_some("page")] {
                                            (self.text.say(name))
                                        }
                                    }
                                }
                            }
                        }
                    }
                    form.out method="post" action="/sign-out" {
                        (self.hidden())
                        bdi.who { (user.email.as_str()) }
                        button { (self.text.say("sign-out")) }
                    }
                }
            }
        }
    }

    /// The hidden field of every form.
    pub fn hidden(&self) -> Markup {
        html! { input type="hidden" name=(CSRF) value=(self.csrf.field()); }
    }

    /// A moment: as the browser's own clock has it where a script can say so.
    pub fn moment(&self, at: DateTime<Utc>) -> Markup {
        html! {
            time datetime=(at.to_rfc3339_opts(SecondsFormat::Secs, true)) {
                (at.format("%Y-%m-%d %H:%M")) " UTC"
            }
        }
    }
}

/// Leads the browser elsewhere after a form, so that a reload does not send it again.
pub fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .finish()
}
