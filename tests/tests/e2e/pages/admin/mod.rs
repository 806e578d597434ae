//! What an operator sees and does.

mod audit;
mod bulk;
mod deeds;
mod links;

use uuid::Uuid;

use super::browser::{Browser, Look};
use super::visit::Visitor;
use super::{PASSWORD, account};
use crate::harness::{Database, Server, Service};

const ADMIN: &str = "root@example.org";

/// A service with an admin.
fn staffed() -> (Service, Uuid) {
    let service = Service::start();
    let admin = account(&service.database, ADMIN, "admin");
    (service, admin)
}

fn visitor(server: &Server) -> Visitor<'_> {
    Visitor::new(server).sign_in(ADMIN, PASSWORD)
}

/// Claims without tokens, `user-01` with `slug-01` and so on, past the service.
fn many(database: &Database, count: i32) {
    database.execute(
        "INSERT INTO users (email) SELECT format('user-%s@example.org', to_char(n, 'FM000')) \
         FROM generate_series(1, $1) AS n",
        &[&count],
    );
    database.execute(
        "INSERT INTO trakt_users (user_id, trakt_slug, trakt_username, status) \
         SELECT id, replace(split_part(email, '@', 1), 'user', 'slug'), \
             upper(split_part(email, '@', 1)), 'unverified' \
         FROM users WHERE email LIKE 'user-%'",
        &[],
    );
}

/// A link as it stands after so many tokens, past the service: nothing opens them.
fn set(database: &Database, slug: &str, columns: &str) {
    let sql = format!("UPDATE trakt_users SET {columns} WHERE trakt_slug = '{slug}'");
    assert_eq!(database.execute(&sql, &[]), 1);
}

const TOKENS: &str = "access_token = 'x', refresh_token = 'x', key_id = 'e2e', \
                      token_expires_at = now() + interval '2 days'";

fn slugs(page: &str) -> Vec<&str> {
    let table = page.split_once("<table class=\"links\">");
    let (table, _) = table.map_or(("", ""), |(_, rest)| rest.split_once("</table>").unwrap());
    let cells = table.split("<bdi class=\"soft\">").skip(1);
    cells.map(|cell| cell.split('<').next().unwrap()).collect()
}

/// The text of the first alert of a page.
fn alert(page: &str) -> &str {
    let (_, rest) = page.split_once("role=\"alert\"").unwrap_or(("", ">none<"));
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split('<').next().unwrap()
}

/// Every page and form there is for admins.
const ROUTES: [(&str, &str); 8] = [
    ("GET", "/admin"),
    ("POST", "/admin/associate"),
    ("POST", "/admin/disassociate"),
    ("POST", "/admin/refresh"),
    ("GET", "/admin/audit"),
    ("GET", "/admin/audit/export"),
    ("GET", "/admin/bulk"),
    ("POST", "/admin/bulk"),
];

#[test]
fn users_and_strangers_get_nothing() {
    let (service, _) = staffed();
    let (server, database) = (&service.server, &service.database);
    account(database, "ana@example.org", "user");
    many(database, 1);
    let id: String = database.rows("SELECT id::text FROM trakt_users", &[])[0].get(0);
    let user = Visitor::new(server).sign_in("ana@example.org", PASSWORD);
    let stranger = Visitor::new(server);
    let fields = |path: &str| match path {
        "/admin/associate" => vec![("email", "ana@example.org"), ("slug", "sean")],
        "/admin/bulk" => vec![
            ("csv", "user_email,trakt_slug\nana@example.org,sean"),
            ("mode", "dry"),
        ],
        _ => vec![("id", id.as_str())],
    };
    for (method, path) in ROUTES {
        let ask = |visitor: &Visitor<'_>| match method {
            "GET" => visitor.get(path),
            _ => visitor.post(path, &fields(path)),
        };
        let reply = ask(&user);
        assert_eq!(reply.status, 403, "{method} {path}");
        assert!(!reply.text.contains("slug-001") && !reply.text.contains("href=\"/admin\""));
        let reply = ask(&stranger);
        if method == "GET" {
            let to = format!("/sign-in?next={}", path.replace('/', "%2F"));
            assert_eq!(
                (reply.status, reply.header("location")),
                (303, Some(&*to)),
                "{path}"
            );
        } else {
            assert_eq!(reply.status, 403, "{path}");
        }
    }
    assert_eq!(
        database.count("SELECT count(*) FROM trakt_users WHERE trakt_slug = 'slug-001'"),
        1
    );
    assert_eq!(database.count("SELECT count(*) FROM trakt_users"), 1);
}

#[test]
fn small_dark_german_and_without_scripts() {
    let (service, _) = staffed();
    let (server, database) = (&service.server, &service.database);
    many(database, 3);
    set(
        database,
        "slug-001",
        &format!("status = 'active', {TOKENS}"),
    );
    let looks = [
        Look {
            width: 320,
            dark: true,
            language: "de",
            script: true,
        },
        Look {
            width: 320,
            script: false,
            ..Look::default()
        },
    ];
    for look in looks {
        let Some(browser) = Browser::start(look) else {
            return;
        };
        browser.sign_in(server, ADMIN, PASSWORD);
        for (path, german, english) in [
            ("/admin", "Verknüpfungen", "Links"),
            ("/admin/audit", "Protokoll", "Audit trail"),
            ("/admin/bulk", "Viele auf einmal", "Many at once"),
        ] {
            browser.open(&server.url(path));
            browser.wait_text("h1", if look.dark { german } else { english });
            browser.sound();
        }
        browser.open(&server.url("/admin?q=slug-002"));
        browser.click("table.links summary");
        let end = if look.dark {
            "Verknüpfung jetzt beenden"
        } else {
            "End the link now"
        };
        browser.wait_text("table.links", end);
        browser.sound();
    }
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(server, ADMIN, PASSWORD);
    browser.open(&server.url("/admin"));
    browser.picture("admin");
}
