//! The markup of each step. maud escapes every text that is put in.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::authorize::Asked;
use crate::Account;

const STYLE: &str = include_str!("style.css");

/// Step 1: the code, with what was wrong with the last one.
pub(super) fn enter(code: &str, wrong: Option<&str>) -> Markup {
    let title = if wrong.is_some() {
        "Error: enter your code"
    } else {
        "Enter your code"
    };
    layout(
        title,
        &html! {
            h1 { "Connect an app" }
            form method="post" action="/activate" {
                label for="code" { "The code that the app shows" }
                @if let Some(wrong) = wrong {
                    p.wrong #wrong role="alert" { (wrong) }
                }
                input #code name="code" value=(code) required autocomplete="off" spellcheck="false"
                    autocapitalize="characters" maxlength="40"
                    aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| "wrong")];
                button.yes type="submit" { "Continue" }
            }
        },
    )
}

/// Step 2: who to be, and yes or no.
pub(super) fn confirm(code: &str, client: &str, accounts: &[&Account]) -> Markup {
    layout(
        "Approve or deny",
        &html! {
            h1 { "Give access?" }
            p { "The app " strong { (client) } " asks for access to a Trakt account." }
            form method="post" action="/activate/decision" {
                input type="hidden" name="code" value=(code);
                (choice(accounts))
            }
        },
    )
}

/// The same step for an application that sent the person here.
pub(super) fn authorize(asked: &Asked, accounts: &[&Account]) -> Markup {
    let hidden = [
        ("response_type", &asked.response_type),
        ("client_id", &asked.client_id),
        ("redirect_uri", &asked.redirect_uri),
        ("state", &asked.state),
        ("code_challenge", &asked.code_challenge),
        ("code_challenge_method", &asked.code_challenge_method),
    ];
    layout(
        "Approve or deny",
        &html! {
            h1 { "Give access?" }
            p {
                "The app " strong { (asked.client_id) } " asks for access to a Trakt account, and "
                "takes you to " strong { (asked.redirect_uri) } " afterwards."
            }
            form method="post" action="/oauth/authorize" {
                @for (name, value) in hidden {
                    input type="hidden" name=(name) value=(value);
                }
                (choice(accounts))
            }
        },
    )
}

/// Which account, and the two buttons.
fn choice(accounts: &[&Account]) -> Markup {
    html! {
        fieldset {
            legend { "Which account do you want to be?" }
            @for (at, account) in accounts.iter().enumerate() {
                @let id = format!("account-{at}");
                div.choice {
                    input id=(id) type="radio" name="account" value=(account.slug)
                        required checked[at == 0];
                    label for=(id) {
                        (account.username)
                        @if !account.name.is_empty() { span.name { " " (account.name) } }
                    }
                }
            }
            @if accounts.is_empty() { p { "There are no accounts." } }
        }
        div.buttons {
            @if !accounts.is_empty() {
                button.yes type="submit" name="decision" value="approve" { "Approve" }
            }
            button.no type="submit" name="decision" value="deny" formnovalidate { "Deny" }
        }
    }
}

/// Nothing to approve: what is wrong.
pub(super) fn cannot(wrong: &str) -> Markup {
    layout(
        "Error",
        &html! {
            h1 { "This does not work" }
            p.wrong role="alert" { (wrong) }
        },
    )
}

/// The end after yes.
pub(super) fn approved(slug: &str) -> Markup {
    layout(
        "Approved",
        &html! {
            h1 { "Approved" }
            p role="status" {
                "The app now has access to the account " strong { (slug) } ". You can close this page."
            }
            p { a href="/activate" { "Enter another code" } }
        },
    )
}

/// The end after no.
pub(super) fn denied() -> Markup {
    layout(
        "Denied",
        &html! {
            h1 { "Denied" }
            p role="status" { "The app gets no access. You can close this page." }
            p { a href="/activate" { "Enter another code" } }
        },
    )
}

fn layout(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Trakt simulator" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { p { "Trakt simulator" span.name { " – not the real Trakt" } } }
                main { (content) }
            }
        }
    }
}
