//! "My activity": the audit trail of one user, in plain words.

use serde_json::json;
use ureq::http::Request;

use crate::harness::{Service, issue_token, send};
use crate::pages::browser::Look;
use crate::pages::mine::{Viewer, says, says_not};
use crate::pages::visit::Visitor;
use crate::pages::{PASSWORD, account};

/// The cells of each row, as text.
fn rows(page: &str) -> Vec<Vec<String>> {
    let (_, body) = page.split_once("<tbody>").unwrap();
    let (body, _) = body.split_once("</tbody>").unwrap();
    let rows = body.split("</tr>").filter(|row| !row.is_empty());
    rows.map(|row| {
        let cells = row.split("<td>").skip(1);
        cells
            .map(|cell| text(cell.split("</td>").next().unwrap()))
            .collect()
    })
    .collect()
}

fn text(html: &str) -> String {
    let mut inside = false;
    let text = html.chars().filter(|c| {
        let shown = !inside && *c != '<';
        inside = (inside || *c == '<') && *c != '>';
        shown
    });
    text.filter(|c| *c != '>').collect()
}

#[test]
fn deeds_are_told_in_words_the_newest_first() {
    let viewer = Viewer::linked(1);
    let visitor = viewer.visitor();
    visitor.post("/my/settings", &[("pull", "yes"), ("push", "yes")]);
    visitor.post("/my/unlink", &[("data", "keep"), ("confirm", "yes")]);
    let wrong = [
        ("email", "ana@example.org"),
        ("password", "a wrong password"),
    ];
    Visitor::new(viewer.server()).post("/sign-in", &wrong);
    let page = visitor.get("/activity").text;
    let rows = rows(&page);
    let told: Vec<(&str, &str, &str)> = rows
        .iter()
        .map(|row| (row[1].as_str(), row[2].as_str(), row[3].as_str()))
        .filter(|(words, ..)| !words.contains("faster"))
        .collect();
    let here = "127.0.0.1";
    let expected = [
        (
            "Somebody tried to sign in as you with a wrong password.",
            "",
            here,
        ),
        ("You ended the link.", "sean", here),
        ("You switched recommendations off.", "", here),
        ("You signed in.", "", here),
        ("Your Trakt account was linked.", "sean", here),
        ("You began to link a Trakt account.", "", here),
        ("Your account here was made.", "", ""),
    ];
    assert_eq!(told, expected);
    assert!(rows[0][0].ends_with(" UTC"), "{rows:?}");
}

#[test]
fn nobody_sees_another_and_where_an_admin_sits() {
    let service = Service::start();
    let server = &service.server;
    let user = account(&service.database, "ana@example.org", "user");
    let admin = account(&service.database, "bo@example.org", "admin");
    let token = issue_token(admin, 600);
    let body = json!({ "traktSlug": "sean", "userEmail": "ana@example.org" });
    let body = body.to_string().into_bytes();
    let request = Request::post(server.url("/trakt/admin/associate"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    assert_eq!(send(request.body(body).unwrap()).status, 200);
    let ana = Visitor::new(server).sign_in("ana@example.org", PASSWORD);
    let page = ana.get("/activity").text;
    let row = rows(&page).remove(1);
    assert_eq!(
        row[1..],
        ["An admin linked this Trakt account to you.", "sean", ""]
    );
    says_not(&page, "bo@example.org");
    says_not(&page, &admin.to_string());
    // The admin's own deeds are of the admin's page; others' are of nobody's but theirs.
    let bo = Visitor::new(server).sign_in("bo@example.org", PASSWORD);
    let page = bo.get("/activity").text;
    let row = rows(&page).remove(1);
    assert_eq!(
        row[1..],
        [
            "You linked the Trakt account to a user.",
            "sean",
            "127.0.0.1"
        ]
    );
    says_not(&page, &user.to_string());
    assert_eq!(rows(&page).len(), 3, "made, linked another, signed in");
}

#[test]
fn a_long_trail_has_pages() {
    let service = Service::start();
    let user = account(&service.database, "ana@example.org", "user");
    // 45 besides what is there, the last of them in words of a newer version.
    let entries = "INSERT INTO audit_log (event, outcome, subject_id, trakt_slug, detail) \
                   SELECT CASE n WHEN 45 THEN 'newer_thing' ELSE 'token_refreshed' END, 'succeeded', \
                   $1, '<b>sean</b>', CASE n WHEN 44 THEN 'newer_word' END \
                   FROM generate_series(1, 45) AS n";
    service.database.execute(entries, &[&user]);
    let visitor = Visitor::new(&service.server).sign_in("ana@example.org", PASSWORD);
    let page = visitor.get("/activity").text;
    assert_eq!(rows(&page).len(), 20);
    says(&page, "Page 1 of 3");
    says_not(&page, "rel=\"prev\"");
    assert_eq!(
        rows(&page)[1][1],
        "Something happened that this page has no words for."
    );
    assert_eq!(
        rows(&page)[2][1],
        "The connection to Trakt was renewed by itself."
    );
    says_not(&page, "<b>sean</b>");
    let page = visitor.get("/activity?page=3").text;
    assert_eq!(rows(&page).len(), 7);
    says_not(&page, "rel=\"next\"");
    let page = visitor.get("/activity?page=4");
    assert_eq!(page.status, 200);
    says(&page.text, "Nothing happened yet.");
    for bad in ["page=0", "page=x", "page=9999999", "more=1"] {
        assert_eq!(
            visitor.get(&format!("/activity?{bad}")).status,
            422,
            "{bad}"
        );
    }
    for look in [
        Look::default(),
        Look {
            width: 320,
            dark: true,
            language: "de",
            script: true,
        },
        Look {
            script: false,
            ..Look::default()
        },
    ] {
        let Some(browser) = crate::pages::browser::Browser::start(look) else {
            return;
        };
        browser.sign_in(&service.server, "ana@example.org", PASSWORD);
        browser.open(&service.server.url("/activity"));
        let words = match look.language {
            "de" => "Die Verbindung zu Trakt wurde von selbst erneuert.",
            _ => "The connection to Trakt was renewed by itself.",
        };
        browser.wait_text("td", words);
        browser.sound();
        browser.click("a[rel=next]");
        browser.wait_for("a[rel=prev]");
        assert!(browser.url().ends_with("/activity?page=2"));
        browser.sound();
    }
}
