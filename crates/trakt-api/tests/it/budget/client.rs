//! What the client asks a budget for, and what it tells it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use trakt_api::budget::{Budget, Heard, Limits, LocalBudget, OverBudget, Spend};
use trakt_api::{
    AccessToken, Auth, Call, Client, ClientSecret, Endpoint, Error, Host, Method, RawReply,
    RawRequest, RefreshToken, Transport, TransportError,
};

use super::answered;
use crate::fake::{Fake, WITHIN, answering, config, reply, with_config};

/// Keeps what it hears; says no where it has been told to, and takes its time.
#[derive(Default)]
struct Book {
    refuse: Option<Duration>,
    slow: Duration,
    lines: Mutex<Vec<String>>,
    heard: Mutex<Vec<Heard>>,
    within: Mutex<Vec<Duration>>,
}

impl Budget for Book {
    fn ask(&self, spend: &Spend<'_>) -> Result<(), OverBudget> {
        let line = format!("{:?} {:?}", spend.bucket, spend.urgency);
        self.lines.lock().unwrap().push(line);
        self.within.lock().unwrap().push(spend.within);
        std::thread::sleep(self.slow);
        self.refuse
            .map_or(Ok(()), |retry_after| Err(OverBudget { retry_after }))
    }

    fn tell(&self, spend: &Spend<'_>, heard: &Heard) {
        let line = format!("{:?} {:?}", spend.bucket, spend.urgency);
        let asked = self.lines.lock().unwrap().last().cloned();
        assert_eq!(asked.as_deref(), Some(line.as_str()));
        self.heard.lock().unwrap().push(*heard);
    }
}

fn booked(answer: Result<RawReply, TransportError>, book: Book) -> (Client, Arc<Fake>, Arc<Book>) {
    let (client, fake) = answering(answer);
    let book = Arc::new(book);
    (client.with_budget(book.clone()), fake, book)
}

macro_rules! endpoints {
    ($($name:ident $method:ident $auth:ident)*) => {$(
        struct $name;

        impl Endpoint for $name {
            type Reply = Value;
            const METHOD: Method = Method::$method;
            const HOST: Host = Host::Api;
            const AUTH: Auth = Auth::$auth;

            fn path(&self) -> Vec<String> {
                vec!["any".to_owned()]
            }

            fn body(&self) -> Option<Value> {
                (Self::METHOD == Method::Post).then(|| json!({}))
            }
        }
    )*};
}

endpoints! {
    Read Get User
    Write Post User
    Remove Delete User
    Either Get Optional
    Public Get Application
    PublicWrite Post Application
}

fn token(text: &str) -> AccessToken {
    AccessToken::from(text.to_owned())
}

#[test]
fn each_call_spends_its_bucket() {
    let (client, fake, book) = booked(Ok(reply(200, &[], "{}")), Book::default());
    let access = token("access");
    let call = Call::of(&access).user("sean");
    let lines = || std::mem::take(&mut *book.lines.lock().unwrap());

    client.send(&Read, call).unwrap();
    client.send(&Either, call.background()).unwrap();
    client.send(&Write, call).unwrap();
    client.send(&Remove, call.background()).unwrap();
    let reads = r#"UserReads("sean")"#;
    let writes = r#"UserWrites("sean")"#;
    assert_eq!(
        lines(),
        [
            format!("{reads} Foreground"),
            format!("{reads} Background"),
            format!("{writes} Foreground"),
            format!("{writes} Background"),
        ]
    );
    // A token that is not sent moves nothing to the user's budget.
    client.send(&Public, call).unwrap();
    client.send(&Public, Call::public()).unwrap();
    client.send(&Either, Call::public()).unwrap();
    let application = r#"ApplicationReads("client-id") Foreground"#;
    assert_eq!(lines(), [application; 3]);
    client.send(&PublicWrite, call).unwrap();
    drop(client.refresh(&RefreshToken::from("r".to_owned()), WITHIN));
    drop(client.device_code(WITHIN));
    assert_eq!(lines(), ["Global Foreground"; 3]);
    assert_eq!(fake.sent.lock().unwrap().len(), 10);
    assert_eq!(*book.heard.lock().unwrap(), [answered(200); 10]);
    let within = book.within.lock().unwrap();
    assert_eq!(within[..8], [Call::WITHIN; 8]);
    assert_eq!(within[8..], [WITHIN; 2]);
}

#[test]
fn without_a_name_the_token_stands_for_the_user_and_is_not_shown() {
    let named = |secret: Option<&str>, access: &str| {
        let mut config = config("https://api.trakt.tv", "https://auth.trakt.tv");
        config.client_secret = secret.map(|text| ClientSecret::from(text.to_owned()));
        let (client, _) = with_config(config, Ok(reply(200, &[], "{}")));
        let book = Arc::new(Book::default());
        let client = client.with_budget(book.clone());
        client.send(&Read, Call::of(&token(access))).unwrap();
        book.lines.lock().unwrap().remove(0)
    };
    let name = named(Some("secret"), "canary-token");
    assert!(name.starts_with(r#"UserReads("token:"#), "{name}");
    assert_eq!(name.len(), r#"UserReads("token:") Foreground"#.len() + 32);
    assert!(!name.contains("canary"));
    // The same in each process of an application, another for each token and application.
    assert_eq!(named(Some("secret"), "canary-token"), name);
    let others = [
        named(Some("secret"), "canary-tokem"),
        named(Some("secreu"), "canary-token"),
        named(Some("secretc"), "anary-token"),
        named(None, "canary-token"),
    ];
    for (place, other) in others.iter().enumerate() {
        assert_ne!(*other, name);
        assert!(!others[..place].contains(other));
    }
}

#[test]
fn over_budget_nothing_is_sent() {
    let retry_after = Duration::from_secs(42);
    let book = Book {
        refuse: Some(retry_after),
        ..Book::default()
    };
    let (client, fake, book) = booked(Ok(reply(200, &[], "{}")), book);
    let error = client.device_code(WITHIN).unwrap_err();
    assert_eq!(error, Error::OverBudget { retry_after });
    assert_eq!(fake.sent.lock().unwrap().len(), 0);
    assert_eq!(book.heard.lock().unwrap().len(), 0);
}

#[test]
fn what_cannot_be_built_spends_nothing() {
    let (client, _, book) = booked(Ok(reply(200, &[], "{}")), Book::default());
    for call in [Call::public(), Call::of(&token("a b"))] {
        let error = client.send(&Read, call).unwrap_err();
        assert!(matches!(error, Error::Unbuildable(_)));
    }
    assert!(client.profile("..", WITHIN).is_err());
    assert_eq!(book.lines.lock().unwrap().len(), 0);
}

#[test]
fn the_wait_is_a_part_of_the_call() {
    let slow = Duration::from_millis(30);
    let book = Book {
        slow,
        ..Book::default()
    };
    let (client, fake, book) = booked(Ok(reply(200, &[], "{}")), book);
    client.send(&Public, Call::public().within(WITHIN)).unwrap();
    let within = fake.sent.lock().unwrap()[0].within;
    assert!(within <= WITHIN - slow, "{within:?}");
    assert!(within > WITHIN - Duration::from_secs(5), "{within:?}");
    assert_eq!(*book.within.lock().unwrap(), [WITHIN]);
    // It may take all of it: the transport then sends nothing.
    client.send(&Public, Call::public().within(slow)).unwrap();
    assert_eq!(fake.sent.lock().unwrap()[1].within, Duration::ZERO);
}

#[test]
fn whatever_comes_of_it_the_end_of_a_call_is_told() {
    let headers = [("retry-after", "9")];
    let (client, _, book) = booked(Ok(reply(429, &headers, "")), Book::default());
    client.send(&Public, Call::public()).unwrap_err();
    let heard = Heard {
        retry_after: Some(Duration::from_secs(9)),
        ..answered(429)
    };
    assert_eq!(*book.heard.lock().unwrap(), [heard]);

    let lost = TransportError::Unknown(String::new());
    let (client, _, book) = booked(Err(lost), Book::default());
    client.send(&Public, Call::public()).unwrap_err();
    assert_eq!(*book.heard.lock().unwrap(), [Heard::default()]);

    struct Breaks;
    impl Transport for Breaks {
        fn send(&self, _: RawRequest) -> Result<RawReply, TransportError> {
            panic!("a transport of somebody else's");
        }
    }
    let config = config("https://api.trakt.tv", "https://auth.trakt.tv");
    let book = Arc::new(Book::default());
    let client = Client::over(config, Arc::new(Breaks))
        .unwrap()
        .with_budget(book.clone());
    let sent = catch_unwind(AssertUnwindSafe(|| client.send(&Public, Call::public())));
    assert!(sent.is_err());
    assert_eq!(*book.heard.lock().unwrap(), [Heard::default()]);
}

/// The client with the budget of one process: an edge ban of one user's call stops the others'.
#[test]
fn a_ban_is_felt_by_all() {
    let (client, fake) = answering(Ok(reply(429, &[("retry-after", "300")], "<html>")));
    let budget = Arc::new(LocalBudget::new(Limits::default()));
    let client = client.with_budget(budget);
    let access = token("access");
    let error = client.send(&Read, Call::of(&access)).unwrap_err();
    assert_eq!(error.status(), Some(429));
    for error in [
        client.send(&Public, Call::public()).unwrap_err(),
        client.device_code(WITHIN).unwrap_err(),
    ] {
        let Error::OverBudget { retry_after } = error else {
            panic!("{error:?}");
        };
        assert!(retry_after > Duration::from_secs(200));
    }
    assert_eq!(fake.sent.lock().unwrap().len(), 1);
}
