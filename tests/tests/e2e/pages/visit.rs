//! A browser without scripts and pictures: cookies, and the hidden field of forms.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ureq::http::Request;

use crate::harness::{Reply, Server, send, wait_for};

/// Somebody who looks at pages.
pub struct Visitor<'a> {
    server: &'a Server,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> Visitor<'a> {
    pub fn new(server: &'a Server) -> Self {
        Self {
            server,
            cookies: RefCell::default(),
        }
    }

    /// Signs in by the form.
    pub fn sign_in(self, email: &str, password: &str) -> Self {
        let reply = self.post("/sign-in", &[("email", email), ("password", password)]);
        assert_eq!(reply.status, 303, "{reply:?}");
        self
    }

    /// What the cookie of who is signed in has.
    pub fn cookie(&self) -> Option<String> {
        self.cookies.borrow().get("session").cloned()
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, None)
    }

    /// Sends a form as our pages have it.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf();
        let mut fields = fields.to_vec();
        fields.push(("csrf", &csrf));
        self.post_bare(path, &fields)
    }

    /// What the hidden field of its forms has.
    pub fn csrf(&self) -> String {
        let page = self.get("/sign-in").text;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends these fields and no others.
    pub fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.ask("POST", path, Some(&body.finish()))
    }

    /// Patiently, as there are limits.
    fn ask(&self, method: &str, path: &str, form: Option<&str>) -> Reply {
        wait_for("an answer other than 429", || {
            let reply = self.ask_once(method, path, form);
            (reply.status != 429).then_some(reply)
        })
    }

    fn ask_once(&self, method: &str, path: &str, form: Option<&str>) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(self.server.url(path))
            .header("accept", "text/html");
        let cookies = self.cookies.borrow().clone();
        if !cookies.is_empty() {
            let all = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            request = request.header("cookie", all.collect::<Vec<_>>().join("; "));
        }
        if form.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let body = form.unwrap_or_default().as_bytes().to_vec();
        let reply = send(request.body(body).unwrap());
        let set = reply.header("set-cookie");
        if let Some((name, rest)) = set.and_then(|set| set.split_once('=')) {
            let value = rest.split(';').next().unwrap().to_owned();
            let mut cookies = self.cookies.borrow_mut();
            cookies.remove(name);
            if !value.is_empty() {
                cookies.insert(name.to_owned(), value);
            }
        }
        reply
    }
}
