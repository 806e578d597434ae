//! Who may see and send what: every page and form by every kind of visitor.

use crate::harness::{Reply, Service};
use crate::pages::visit::Visitor;
use crate::pages::{PASSWORD, account};

/// Method, path and who may call, as the service has them.
fn table() -> Vec<(String, String, String)> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../crates/trakt-server/src/web/mod.rs"
    );
    let file = std::fs::read_to_string(path).expect("the pages of the service");
    let (_, rest) = file.split_once("const TABLE").unwrap();
    let (table, code) = rest.split_once("];").unwrap();
    let words: Vec<String> = table
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    let handlers = code.matches(".to(").count();
    assert_eq!(
        words.len(),
        handlers * 3,
        "a page that is served and not in the table"
    );
    let rows = words.chunks(3);
    rows.map(|row| (row[0].clone(), row[1].clone(), row[2].clone()))
        .collect()
}

fn ask(visitor: &Visitor<'_>, method: &str, path: &str) -> Reply {
    match method {
        "GET" => visitor.get(path),
        _ => visitor.post(path, &[]),
    }
}

#[test]
fn each_page_is_for_whom_it_is() {
    let service = Service::start();
    for (email, role) in [("ana@example.org", "user"), ("bo@example.org", "admin")] {
        account(&service.database, email, role);
    }
    let stranger = Visitor::new(&service.server);
    let user = Visitor::new(&service.server).sign_in("ana@example.org", PASSWORD);
    let admin = Visitor::new(&service.server).sign_in("bo@example.org", PASSWORD);
    let rows = table();
    assert!(rows.len() > 15);
    for (method, path, who) in rows {
        if who == "anybody" {
            continue;
        }
        let reply = ask(&stranger, &method, &path);
        match method.as_str() {
            "GET" => {
                assert_eq!(reply.status, 303, "{path}");
                let to = reply.header("location").unwrap();
                assert!(to.starts_with("/sign-in?next="), "{path}: {to}");
            }
            _ => assert_eq!(reply.status, 403, "{method} {path}"),
        }
        let reply = ask(&user, &method, &path);
        assert_eq!(
            reply.status == 403,
            who == "admin",
            "{method} {path}: {}",
            reply.status
        );
        let reply = ask(&admin, &method, &path);
        assert_ne!(reply.status, 403, "{method} {path}");
        assert!(reply.status < 500, "{method} {path}: {reply:?}");
    }
}
