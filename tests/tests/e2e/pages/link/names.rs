//! Names that are to do harm: they are shown as text, and nothing breaks.

use super::Stage;
use crate::pages::browser::Look;

#[test]
fn names_are_text() {
    let look = Look {
        width: 320,
        ..Look::default()
    };
    let Some(stage) = Stage::new(look) else {
        return;
    };
    let Stage { browser, service } = &stage;
    let long = "M".repeat(300);
    let names = [
        (
            "\"onmouseover=\"hit()",
            "</bdi><script>window.hit = 1</script>",
        ),
        (
            "<img-src=x-onerror=hit()>",
            "<img src=x onerror=\"window.hit = 1\">",
        ),
        ("right-to-left", "\u{202e}evil\u{2069}\u{2069}\u{200f} שלום"),
        ("👩‍👩‍👧-🏳️‍🌈", "👩‍👩‍👧‍👦🏳️‍🌈 e\u{301}\u{302}\u{303}"),
        (&long[..255], &long),
    ];
    let mut slug = "sean".to_owned();
    for (new, username) in names {
        service.sim.rename_account(&slug, new, username).unwrap();
        slug = new.to_owned();
        stage.start();
        stage.approve(&slug);
        stage.news("Done.");
        let shown = |css: &str| {
            let script = format!("return document.querySelector('{css}').textContent");
            browser.run(&script).as_str().unwrap().to_owned()
        };
        assert_eq!(shown("bdi.account"), username);
        assert_eq!(shown("bdi.slug"), slug);
        assert_eq!(browser.run("return window.hit"), serde_json::Value::Null);
        browser.sound();
        // Each once as the page was made by a script, and once as it comes.
        browser.open(&service.server.url("/link"));
        assert_eq!(shown("bdi.account"), username);
        assert_eq!(browser.run("return window.hit"), serde_json::Value::Null);
        browser.sound();
    }
}
