//! The page on which a person approves, in a real browser: headless Chromium over WebDriver.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;

use crate::harness::{Service, issue_token};

/// ChromeDriver on a port of its own choice; killed when dropped, and its browsers with it.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (scripts/test does it)");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        // Somebody has to read what else it says, or it stops at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let url = format!(
            "http://127.0.0.1:{}",
            port.expect("the port of chromedriver")
        );
        Self { child, url }
    }

    async fn browser(&self, profile: &std::path::Path) -> Client {
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=720,640",
            &format!("--user-data-dir={}", profile.display()),
        ];
        let options = json!({"goog:chromeOptions": {"args": arguments}});
        let options = options.as_object().unwrap().clone();
        ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(options)
            .connect(&self.url)
            .await
            .expect("a browser")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn heading(browser: &Client) -> String {
    browser
        .wait()
        .for_element(Locator::Css("h1"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

#[test]
fn a_person_types_the_code_and_approves() {
    if std::env::var("TRAKT_TEST_BROWSER").is_ok_and(|browser| browser == "off") {
        println!("skipped: no browser on this system (TRAKT_TEST_BROWSER=off)");
        return;
    }
    let service = Service::start();
    let token = issue_token(service.database.user("a@example.org", "user"), 600);
    let flow = service.server.start_flow(&token, false);
    let driver = Driver::start();
    let profile = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let browser = driver.browser(profile.path()).await;
        browser
            .goto(flow["codeUrl"].as_str().unwrap())
            .await
            .unwrap();
        assert_eq!(heading(&browser).await, "Connect an app");
        let code = browser.find(Locator::Id("code")).await.unwrap();
        code.send_keys(flow["userCode"].as_str().unwrap())
            .await
            .unwrap();
        browser
            .find(Locator::Css("button"))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
        browser
            .wait()
            .for_element(Locator::Id("account-1"))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
        assert_eq!(heading(&browser).await, "Give access?");
        // The picture of the README, made when it is asked for.
        if let Some(path) = std::env::var_os("TRAKT_TEST_PICTURE") {
            std::fs::write(path, browser.screenshot().await.unwrap()).unwrap();
        }
        let approve = Locator::Css("button[value=approve]");
        browser.find(approve).await.unwrap().click().await.unwrap();
        browser
            .wait()
            .for_element(Locator::Css("p[role=status]"))
            .await
            .unwrap();
        assert_eq!(heading(&browser).await, "Approved");
        browser.close().await.unwrap();
    });
    let linked = service.server.finish_flow(&token, &flow);
    assert_eq!(linked.json()["traktSlug"], "justin", "{linked:?}");
}
