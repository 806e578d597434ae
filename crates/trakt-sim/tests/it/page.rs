//! The page where a person approves or denies, by the forms that it has.

use trakt_sim::{Account, CodeState, Config};

use crate::client::start;

#[test]
fn a_person_approves() {
    let (sim, client) = start(Config::default());
    let (device_code, user_code) = client.code();
    let first = client.get("/activate", &[]);
    assert_eq!(first.status, 200);
    assert!(
        first.text.contains("action=\"/activate\""),
        "{}",
        first.text
    );

    // As people type: in small letters and in groups.
    let typed = format!(" {}-{} ", user_code[..4].to_lowercase(), &user_code[4..]);
    let second = client.form("/activate", &[("code", &typed)]);
    assert_eq!(second.status, 200);
    assert!(
        second.text.contains("trakt-sim-client-id"),
        "{}",
        second.text
    );
    for slug in ["sean", "justin", "ana-lucia"] {
        assert!(
            second.text.contains(&format!("value=\"{slug}\"")),
            "{}",
            second.text
        );
    }

    let fields = [
        ("code", typed.as_str()),
        ("account", "justin"),
        ("decision", "approve"),
    ];
    let third = client.form("/activate/decision", &fields);
    assert_eq!(third.status, 200);
    assert!(third.text.contains("<h1>Approved</h1>"), "{}", third.text);
    assert_eq!(sim.device_codes()[0].slug.as_deref(), Some("justin"));
    assert_eq!(client.poll(&device_code).status, 200);
}

#[test]
fn a_person_denies() {
    let (sim, client) = start(Config::default());
    let (device_code, user_code) = client.code();
    let fields = [
        ("code", user_code.as_str()),
        ("account", "sean"),
        ("decision", "deny"),
    ];
    let answer = client.form("/activate/decision", &fields);
    assert!(answer.text.contains("<h1>Denied</h1>"), "{}", answer.text);
    assert_eq!(sim.device_codes()[0].state, CodeState::Denied);
    assert_eq!(client.poll(&device_code).status, 418);
}

#[test]
fn the_code_can_come_with_the_address() {
    let (_sim, client) = start(Config::default());
    for path in ["/activate?code=ABCD2345", "/activate/ABCD2345"] {
        let answer = client.get(path, &[]);
        assert_eq!(answer.status, 200);
        assert!(
            answer.text.contains("value=\"ABCD2345\""),
            "{}",
            answer.text
        );
    }
    assert_eq!(client.get("/", &[]).location, "/activate");
}

#[test]
fn what_is_wrong_is_said() {
    let (sim, client) = start(Config::default());
    let (_, used) = client.code();
    sim.deny(&used).unwrap();
    let (_, expired) = client.code();
    sim.expire(&expired).unwrap();
    let (_, good) = client.code();
    for (code, status, message) in [
        ("nonsense", 404, "No app is waiting"),
        ("", 404, "No app is waiting"),
        (&used, 409, "was used already"),
        (&expired, 410, "has expired"),
    ] {
        let decision = [("code", code), ("account", "sean"), ("decision", "approve")];
        for answer in [
            client.form("/activate", &[("code", code)]),
            client.form("/activate/decision", &decision),
        ] {
            assert_eq!(answer.status, status, "{code}");
            assert!(answer.text.contains("role=\"alert\""), "{}", answer.text);
            assert!(
                answer.text.contains("aria-describedby=\"wrong\""),
                "{}",
                answer.text
            );
            assert!(answer.text.contains(message), "{}", answer.text);
        }
    }
    for (account, decision) in [("nobody", "approve"), ("sean", "maybe"), ("sean", "")] {
        let fields = [
            ("code", good.as_str()),
            ("account", account),
            ("decision", decision),
        ];
        assert_eq!(client.form("/activate/decision", &fields).status, 404);
    }
    assert_eq!(sim.device_codes()[2].state, CodeState::Pending);
}

#[test]
fn everything_is_escaped_and_deleted_accounts_are_not_offered() {
    const EVIL: &str = "<script>alert(1)</script>\"'&";
    let accounts = vec![
        Account::new(EVIL, EVIL, EVIL),
        Account::new("gone", "gone", ""),
    ];
    let (sim, client) = start(Config {
        accounts,
        any_client: true,
        ..Config::default()
    });
    sim.delete_account("gone").unwrap();
    let body = serde_json::json!({ "client_id": EVIL });
    let answer = client.post("/oauth/device/code", &body).json();
    let code = answer["user_code"].as_str().unwrap();

    let second = client.form("/activate", &[("code", code)]);
    assert!(second.text.contains("&lt;script&gt;"), "{}", second.text);
    assert!(!second.text.contains("gone"), "{}", second.text);
    let fields = [("code", code), ("account", EVIL), ("decision", "approve")];
    let pages = [
        second.text,
        client.form("/activate/decision", &fields).text,
        client.form("/activate", &[("code", EVIL)]).text,
        client
            .get(
                "/activate?code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
                &[],
            )
            .text,
    ];
    assert!(
        pages[3].contains("value=\"&quot;&gt;&lt;script&gt;"),
        "{}",
        pages[3]
    );
    for page in pages {
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains(EVIL), "{page}");
    }
    assert_eq!(sim.device_codes()[0].state, CodeState::Approved);
}

#[test]
fn every_step_is_accessible_and_loads_nothing() {
    let (_sim, client) = start(Config::default());
    let (_, user_code) = client.code();
    let deny = [("code", user_code.as_str()), ("decision", "deny")];
    let pages = [
        client.get("/activate", &[]),
        client.form("/activate", &[("code", "wrong")]),
        client.form("/activate", &[("code", &user_code)]),
        client.form("/activate/decision", &deny),
    ];
    for page in pages {
        let text = &page.text;
        assert!(page.kind.starts_with("text/html"), "{}", page.kind);
        assert!(text.contains("<html lang=\"en\">"), "{text}");
        assert!(text.contains("width=device-width"), "{text}");
        assert_eq!(text.matches("<h1>").count(), 1, "{text}");
        assert_eq!(text.matches("<main>").count(), 1, "{text}");
        for outside in ["http://", "https://", "src=", "<link", "@import", "url("] {
            assert!(!text.contains(outside), "{outside}: {text}");
        }
        // Every field that is seen has a label.
        for field in text
            .split("<input")
            .skip(1)
            .map(|rest| rest.split('>').next().unwrap())
        {
            if field.contains("type=\"hidden\"") {
                continue;
            }
            let id = field
                .split("id=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .unwrap();
            assert!(text.contains(&format!("for=\"{id}\"")), "{id}: {text}");
        }
    }
}
