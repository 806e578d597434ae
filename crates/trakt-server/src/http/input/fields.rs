use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::problem::{FieldError, Problem};

/// The fields of a JSON object, of a query or of a form. Taking a field removes it; what is left at
/// [`Self::finish`] is unknown to us and refused, since a misspelt field that is passed over
/// would do something else than was asked.
#[derive(Debug, Default)]
pub struct Fields {
    values: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
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
        let mut inner = Self {
            values,
            ..Self::default()
        };
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
    pub(super) fn add(&mut self, name: &str, value: Value) {
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
