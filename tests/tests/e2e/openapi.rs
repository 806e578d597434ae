//! The OpenAPI document: served, and printed.

use ureq::http::Request;

use crate::harness::{Service, call, run_command, send};

#[test]
fn it_is_served_as_it_is_printed() {
    let service = Service::start();
    let url = service.server.url("/openapi.json");
    let served = call("GET", &url, None, None);
    assert_eq!(served.status, 200);
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.json()["openapi"], "3.1.0");

    // Without a single setting.
    let printed = run_command(&["openapi"], &[], "");
    assert!(printed.status.success(), "{printed:?}");
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), served.text);

    let tag = served.header("etag").unwrap();
    let again = Request::get(&url).header("if-none-match", tag);
    let again = send(again.body(Vec::new()).unwrap());
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), Some(tag));
}
