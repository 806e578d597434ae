use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::Fields;
use crate::problem::{FieldError, Problem};

/// The fields of a query or a form.
pub(super) fn pairs(bytes: &[u8]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in url::form_urlencoded::parse(bytes) {
        fields.add(&name, Value::String(value.into_owned()));
    }
    fields
}

/// The fields of a JSON object; of nothing at all, none.
pub(super) fn parse(bytes: &[u8]) -> Result<Fields, Problem> {
    if bytes.is_empty() {
        return Ok(Fields::default());
    }
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
        let mut fields = Fields::default();
        while let Some((name, value)) = map.next_entry::<String, _>()? {
            fields.add(&name, value);
        }
        Ok(Pairs(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;

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
