//! Bodies and queries. They are read leniently as JSON or pairs first and strictly by field
//! then, so that an answer names every wrong field and not only the first.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::connection::BODY;
use crate::problem::{Code, FieldError, Problem};

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The fields of a JSON object or of a query. Taking a field removes it; what is left at
/// [`Self::finish`] is unknown to us and refused, since a misspelt field that is passed over
/// would do something else than was asked.
#[derive(Debug)]
pub struct Fields {
    values: Map<String, Value>,
    errors: Vec<FieldError>,
}

/// The JSON body of a request; without a body it has no fields. What is wrong with it is for the
/// handler to say, after it is known that the caller may call: a stranger learns nothing here.
#[derive(Debug)]
pub struct Body(pub Result<Fields, Problem>);

/// The query of a request.
#[derive(Debug)]
pub struct Query(pub Fields);

impl Fields {
    fn new(values: Map<String, Value>) -> Self {
        Self {
            values,
            errors: Vec::new(),
        }
    }

    /// A field that must be there, read by `parse`.
    pub fn required<T, E: ToString>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.values.remove(name);
        if value.is_none() {
            self.wrong(name, "is required");
        }
        self.read(name, value, parse)
    }

    /// A field that may be absent or null, read by `parse`.
    pub fn optional<T, E: ToString>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.values.remove(name).filter(|value| !value.is_null());
        self.read(name, value, parse)
    }

    /// A JSON boolean; absent or null is false.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.values.remove(name) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(set)) => set,
            Some(_) => {
                self.wrong(name, "must be true or false");
                false
            }
        }
    }

    /// A JSON boolean; absent is `None`.
    pub fn switch(&mut self, name: &str) -> Option<bool> {
        let value = self.values.remove(name)?;
        if value.as_bool().is_none() {
            self.wrong(name, "must be true or false");
        }
        value.as_bool()
    }

    /// Whether the field is there, and not null.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_null())
    }

    /// The fields of a JSON object, read by `read`; absent or null is `None`. What it leaves is
    /// unknown to us, and what is wrong is named `name.field`.
    pub fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let values = match self.values.remove(name)? {
            Value::Null => return None,
            Value::Object(values) => values,
            _ => {
                self.wrong(name, "must be a JSON object");
                return None;
            }
        };
        let mut inner = Self::new(values);
        let read = read(&mut inner);
        for (unknown, _) in std::mem::take(&mut inner.values) {
            inner.wrong(&unknown, "is not known here");
        }
        for error in inner.errors {
            self.wrong(&format!("{name}.{}", error.field), &error.message);
        }
        Some(read)
    }

    /// A whole number from `least` to `most`, which may be written as `1.0`; absent or null is `None`.
    pub fn whole(&mut self, name: &str, least: i64, most: i64) -> Option<i64> {
        let number = match self.values.remove(name)? {
            Value::Null => return None,
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            _ => None,
        };
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong(
                name,
                &format!("must be a whole number from {least} to {most}"),
            );
        }
        number
    }

    /// A number from `least` to `most`; absent or null is `None`.
    pub fn real(&mut self, name: &str, least: f64, most: f64) -> Option<f64> {
        let value = self.values.remove(name).filter(|value| !value.is_null())?;
        let number = value.as_f64();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong(name, &format!("must be a number from {least} to {most}"));
        }
        number
    }

    /// Passes over a field that is ours but means nothing here, such as a title.
    pub fn ignore(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 422 with every field that was wrong or is unknown.
    pub fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in std::mem::take(&mut self.values) {
            self.wrong(&name, "is not known here");
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::validation(self.errors))
        }
    }

    fn read<T, E: ToString>(
        &mut self,
        name: &str,
        value: Option<Value>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match value? {
            Value::String(text) => match parse(&text) {
                Ok(parsed) => Some(parsed),
                Err(error) => {
                    self.wrong(name, &error.to_string());
                    None
                }
            },
            _ => {
                self.wrong(name, "must be a string");
                None
            }
        }
    }

    /// Of a field that comes twice, readers differ in which one they take.
    fn add(&mut self, name: &str, value: Value) {
        if self.values.insert(name.to_owned(), value).is_some() {
            self.wrong(name, "must be given once");
        }
    }

    /// Notes what is wrong with a field. Its name may be the client's own text: short enough to
    /// show, or left out.
    pub fn wrong(&mut self, field: &str, message: &str) {
        let field = if field.len() <= 64 { field } else { "" };
        self.errors.push(FieldError {
            field: field.to_owned(),
            message: message.to_owned(),
        });
    }
}

/// The whole number that this is, as far as every one has a number of its own.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it is whole, and small enough"
)]
fn whole(number: f64) -> Option<i64> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= MOST).then_some(number as i64)
}

/// Reads a time.
///
/// # Errors
/// What it has to look like.
pub fn moment(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let wrong = "must be a time in RFC 3339, such as 2026-01-31T12:00:00Z";
    // A space in the place of the T is for people (section 5.6).
    if !text.contains(['T', 't']) {
        return Err(wrong);
    }
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .map_err(|_| wrong)
}

impl FromRequest for Body {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = read(req, payload);
        Box::pin(async move { Ok(Self(read.await)) })
    }
}

fn read(
    req: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Fields, Problem>> + use<> {
    let body = body(req, payload, "application/json", MAX_BODY);
    async move {
        match body.await? {
            bytes if bytes.is_empty() => Ok(Fields::new(Map::new())),
            bytes => parse(&bytes),
        }
    }
}

/// The fields of a form of up to `most` bytes.
///
/// # Errors
/// 400, 413, 415.
pub fn form(
    req: &HttpRequest,
    payload: &mut Payload,
    most: usize,
) -> impl Future<Output = Result<Fields, Problem>> + use<> {
    let body = body(req, payload, "application/x-www-form-urlencoded", most);
    async move { Ok(pairs(&body.await?)) }
}

/// The body of this type, of up to `most` bytes.
fn body(
    req: &HttpRequest,
    payload: &mut Payload,
    kind: &'static str,
    most: usize,
) -> impl Future<Output = Result<Bytes, Problem>> + use<> {
    let header = |name| req.headers().get(name).map(|v| v.to_str().unwrap_or(""));
    let stated = header(CONTENT_LENGTH).and_then(|text| text.parse::<usize>().ok());
    let fits = header(CONTENT_TYPE).map(|text| {
        let essence = text.split(';').next().unwrap_or("").trim();
        essence.eq_ignore_ascii_case(kind)
    });
    let bytes = Bytes::from_request(req, payload);
    async move {
        if stated.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let bytes = timeout(BODY, bytes)
            .await
            .map_err(|_| too_slow())?
            .map_err(|error| match error.as_response_error().status_code() {
                status if status == Code::PayloadTooLarge.status() => too_large(),
                _ => Problem::malformed("The body could not be read."),
            })?;
        match fits {
            Some(false) => Err(unsupported()),
            None if !bytes.is_empty() => Err(unsupported()),
            _ => Ok(bytes),
        }
    }
}

/// The fields of a query or a form.
fn pairs(bytes: &[u8]) -> Fields {
    let mut fields = Fields::new(Map::new());
    for (name, value) in url::form_urlencoded::parse(bytes) {
        fields.add(&name, Value::String(value.into_owned()));
    }
    fields
}

fn too_slow() -> Problem {
    Problem::new(
        Code::RequestTimeout,
        "A body has to arrive within 10 seconds.",
    )
}

fn too_large() -> Problem {
    Problem::new(
        Code::PayloadTooLarge,
        "A body has at most 64 KiB, a file of a form 1 MiB.",
    )
}

fn unsupported() -> Problem {
    Problem::new(
        Code::UnsupportedMediaType,
        "Send 'Content-Type: application/json'.",
    )
}

fn parse(bytes: &[u8]) -> Result<Fields, Problem> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(_)) => {
            // Again as pairs: the object keeps the last of two fields with one name.
            let Pairs(fields) = serde_json::from_slice(bytes)
                .map_err(|_| Problem::malformed("The body is not valid JSON."))?;
            Ok(fields)
        }
        Ok(_) => Err(Problem::validation(vec![FieldError {
            field: String::new(),
            message: "must be a JSON object".to_owned(),
        }])),
        Err(_) => Err(Problem::malformed("The body is not valid JSON.")),
    }
}

/// A JSON object whose fields are noted as wrong when they come twice.
struct Pairs(Fields);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut fields = Fields::new(Map::new());
        while let Some((name, value)) = map.next_entry::<String, _>()? {
            fields.add(&name, value);
        }
        Ok(Pairs(fields))
    }
}

impl FromRequest for Query {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(pairs(req.query_string().as_bytes()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        parse(json.as_bytes()).unwrap()
    }

    fn any(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }

    #[test]
    fn every_wrong_field_is_named() {
        let mut fields = fields(r#"{"one": 1, "two": "x", "three": "y", "four": "z"}"#);
        assert_eq!(fields.required("one", any), None);
        assert_eq!(
            fields.required("two", |_| Err::<(), _>("must be good")),
            None
        );
        assert_eq!(fields.required("missing", any), None);
        assert!(!fields.flag("three"));
        let problem = fields.finish().unwrap_err();
        let text = format!("{problem:?}");
        for field in ["one", "two", "missing", "three", "four"] {
            assert!(
                text.contains(&format!("field: \"{field}\"")),
                "{field} in {text}"
            );
        }
    }

    #[test]
    fn a_field_that_comes_twice_is_wrong() {
        let mut fields = fields(r#"{"one": "x", "one": "x"}"#);
        assert_eq!(fields.required("one", any).as_deref(), Some("x"));
        assert!(fields.finish().is_err());
    }

    #[test]
    fn null_is_absent_where_a_field_is_optional() {
        let mut fields = fields(r#"{"a": null, "b": null}"#);
        assert_eq!(fields.optional("a", any), None);
        assert!(!fields.flag("b"));
        assert_eq!(fields.finish(), Ok(()));
    }

    #[test]
    fn what_is_no_json_and_what_is_no_object_differ() {
        assert_eq!(parse(b"{").unwrap_err().code, Code::MalformedRequest);
        assert_eq!(parse(b"\xff").unwrap_err().code, Code::MalformedRequest);
        assert_eq!(
            parse("[".repeat(1000).as_bytes()).unwrap_err().code,
            Code::MalformedRequest
        );
        assert_eq!(parse(b"[]").unwrap_err().code, Code::ValidationFailed);
    }
}
