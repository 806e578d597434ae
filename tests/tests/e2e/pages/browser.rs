//! A real browser: headless Chromium over WebDriver, one of its own for each test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use ureq::http::Method;
use url::{ParseError, Url};

use crate::harness::{Server, wait_for};

/// How long is waited for what a page is to show.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much a page, its style and its script may have together.
const MOST: u64 = 100 * 1024;

/// How somebody looks at pages.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The width of the window, in CSS pixels.
    pub width: u32,
    /// Whether dark colours are preferred.
    pub dark: bool,
    /// `Accept-Language`.
    pub language: &'static str,
    /// Whether scripts run.
    pub script: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            width: 1000,
            dark: false,
            language: "en",
            script: true,
        }
    }
}

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
        let port = port.expect("the port of chromedriver");
        let url = format!("http://127.0.0.1:{port}");
        Self { child, url }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One window. Every method waits for what it is about, and panics where it does not come.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    look: Look,
    _driver: Driver,
    _profile: TempDir,
}

impl Browser {
    /// Opens one; `None`, said aloud, where the machine has no browser.
    #[expect(clippy::print_stdout, reason = "what is skipped is said")]
    pub fn start(look: Look) -> Option<Self> {
        if std::env::var("TRAKT_TEST_BROWSER").is_ok_and(|browser| browser == "off") {
            println!("skipped: no browser on this system (TRAKT_TEST_BROWSER=off)");
            return None;
        }
        let driver = Driver::start();
        let profile = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let options = options(look, profile.path());
        let client = runtime.block_on(
            ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
                .capabilities(options.as_object().unwrap().clone())
                .connect(&driver.url),
        );
        let client = client.expect("a browser");
        Some(Self {
            runtime,
            client,
            look,
            _driver: driver,
            _profile: profile,
        })
    }

    pub fn open(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
    }

    /// Signs in by the form, and waits for the page behind it.
    pub fn sign_in(&self, server: &Server, email: &str, password: &str) {
        self.open(&server.url("/sign-in"));
        self.fill("#email", email);
        self.fill("#password", password);
        self.click("main form button");
        self.wait_for("form.out");
    }

    pub fn url(&self) -> String {
        let url = self.runtime.block_on(self.client.current_url());
        url.unwrap().to_string()
    }

    /// Waits until there is such an element.
    pub fn wait_for(&self, css: &str) {
        self.until(css, || self.has(css));
    }

    /// Waits until the first such element has this text in it.
    pub fn wait_text(&self, css: &str, part: &str) {
        let has = || self.texts(css).iter().any(|text| text.contains(part));
        self.until(&format!("{part:?} in {css}"), has);
    }

    fn until(&self, what: &str, mut is: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is() {
            let page = || self.texts("body").join("\n");
            assert!(
                start.elapsed() < PATIENCE,
                "{what} did not come at {}:\n{}",
                self.url(),
                page()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn has(&self, css: &str) -> bool {
        let found = self
            .runtime
            .block_on(self.client.find_all(Locator::Css(css)));
        !found.unwrap().is_empty()
    }

    /// What a person reads of the first such element.
    pub fn text(&self, css: &str) -> String {
        self.wait_for(css);
        self.texts(css).remove(0)
    }

    /// What a person reads of all of them. One that goes while it is read is left out.
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.runtime.block_on(async {
            let mut texts = Vec::new();
            for element in self.client.find_all(Locator::Css(css)).await.unwrap() {
                texts.extend(element.text().await.ok());
            }
            texts
        })
    }

    /// An attribute or property of the first such element.
    pub fn value(&self, css: &str, name: &str) -> Option<String> {
        self.wait_for(css);
        self.runtime.block_on(async {
            let element = self.client.find(Locator::Css(css)).await.unwrap();
            element.prop(name).await.unwrap()
        })
    }

    pub fn click(&self, css: &str) {
        self.wait_for(css);
        self.runtime.block_on(async {
            let element = self.client.find(Locator::Css(css)).await.unwrap();
            element.click().await.unwrap();
        });
    }

    /// Types into a field, in the place of what is in it.
    pub fn fill(&self, css: &str, text: &str) {
        self.wait_for(css);
        self.runtime.block_on(async {
            let element = self.client.find(Locator::Css(css)).await.unwrap();
            element.clear().await.unwrap();
            element.send_keys(text).await.unwrap();
        });
    }

    /// Presses keys, wherever the focus is. Where a page is just being replaced there is nothing that takes
    /// them, and nothing was pressed.
    pub fn keys(&self, keys: &str) {
        wait_for("something that takes keys", || {
            let pressed = self.runtime.block_on(async {
                let element = self.client.active_element().await?;
                element.send_keys(keys).await
            });
            match pressed {
                Ok(()) => Some(()),
                Err(error)
                    if error.is_element_not_interactable()
                        || error.is_stale_element_reference()
                        || error.is_no_such_element() =>
                {
                    None
                }
                Err(error) => panic!("{keys:?}: {error}"),
            }
        });
    }

    /// What a script says that a test runs in the page.
    pub fn run(&self, script: &str) -> Value {
        let ran = self.runtime.block_on(self.client.execute(script, vec![]));
        ran.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// A picture of one element, as a PNG.
    pub fn picture_of(&self, css: &str) -> Vec<u8> {
        self.wait_for(css);
        self.runtime.block_on(async {
            let element = self.client.find(Locator::Css(css)).await.unwrap();
            element.screenshot().await.unwrap()
        })
    }

    /// A picture for the README, where pictures are asked for.
    pub fn picture(&self, name: &str) {
        if std::env::var_os("TRAKT_TEST_PICTURES").is_none() {
            return;
        }
        let picture = self.runtime.block_on(self.client.screenshot()).unwrap();
        let images = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images");
        std::fs::write(format!("{images}/{name}.png"), picture).unwrap();
    }

    /// Nothing is wrong with the page that is shown: axe-core finds nothing, no script failed and the
    /// policy of the page refused nothing, nothing was asked of another host, nothing hangs out of the window, and it is
    /// small.
    pub fn sound(&self) {
        self.quiet();
        if !self.look.script {
            return;
        }
        let wide = self.run("return document.documentElement.scrollWidth - window.innerWidth");
        assert!(wide.as_f64().unwrap() <= 0.0, "it is {wide} px too wide");
        let bytes = self.run(
            "return [...performance.getEntriesByType('navigation'), \
                 ...performance.getEntriesByType('resource').filter(r => r.initiatorType === 'script')] \
             .reduce((sum, entry) => sum + entry.decodedBodySize, 0)",
        );
        assert!(bytes.as_u64().unwrap() < MOST, "{bytes} bytes");
        self.accessible();
    }

    /// No script failed, the policy of the page refused nothing, and nothing was asked of another host.
    pub fn quiet(&self) {
        for entry in self.log("browser") {
            let text = entry["message"].as_str().unwrap_or_default();
            // Chromium writes down every answer that is no success, wanted or not.
            let answer = text.contains("Failed to load resource: the server responded");
            assert!(entry["level"] != "SEVERE" || answer, "{text}");
        }
        let host = Url::parse(&self.url()).unwrap();
        for entry in self.log("performance") {
            let event: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let request = &event["message"]["params"]["request"]["url"];
            let url = request.as_str().and_then(|url| Url::parse(url).ok());
            let leaves = url.filter(|url| {
                matches!(url.scheme(), "http" | "https" | "ws") && url.host() != host.host()
            });
            assert_eq!(leaves, None, "a request left the host");
        }
    }

    #[expect(clippy::print_stdout, reason = "what is skipped is said")]
    fn accessible(&self) {
        let Some(path) = std::env::var_os("TRAKT_AXE") else {
            println!("skipped: axe-core (TRAKT_AXE names no axe.min.js)");
            return;
        };
        let axe = std::fs::read_to_string(path).expect("axe-core");
        let found = self.runtime.block_on(async {
            self.client.execute(&axe, vec![]).await.unwrap();
            let run = "const done = arguments[arguments.length - 1]; \
                       axe.run().then(r => done(r.violations), e => done(String(e)))";
            self.client.execute_async(run, vec![]).await.unwrap()
        });
        let none = found.as_array().is_some_and(Vec::is_empty);
        assert!(none, "{}: {found:#}", self.url());
    }

    /// What was written since the last time that it was asked for.
    fn log(&self, kind: &'static str) -> Vec<Value> {
        let log = self.runtime.block_on(self.client.issue_cmd(Log(kind)));
        log.unwrap().as_array().unwrap().clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let client = self.client.clone();
        let _ = self.runtime.block_on(client.close());
    }
}

/// ChromeDriver's own command: what the browser wrote down.
#[derive(Debug)]
struct Log(&'static str);

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": self.0 }).to_string()))
    }
}

fn options(look: Look, profile: &std::path::Path) -> Value {
    let mut arguments = vec![
        "--headless".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--no-first-run".to_owned(),
        format!("--accept-lang={}", look.language),
        format!("--user-data-dir={}", profile.display()),
    ];
    if look.dark {
        arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
    }
    let mut options = json!({
        "args": arguments,
        // The window of a desktop cannot be as narrow as a telephone.
        "mobileEmulation": { "deviceMetrics": {
            "width": look.width, "height": 900, "pixelRatio": 1.0, "mobile": false, "touch": false,
        } },
    });
    if !look.script {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    json!({
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    })
}
