//! A record as a line. Text from outside can neither begin a line of its own, nor move a
//! terminal's cursor, nor turn the order of what is read.

use std::fmt::Write as _;

use log::Record;
use log::kv::{Error, Key, Value, VisitSource, VisitValue};
use serde_json::{Map, json};
use trakt_core::{Clock as _, SystemClock};

use super::request;

/// The longest message, in characters; what goes beyond is cut off.
const LONGEST: usize = 8 * 1024;
/// What stands for the rest.
const CUT: char = '…';

fn stamp() -> String {
    SystemClock
        .now()
        .format("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}

/// Characters that say something to a terminal or an editor and nothing to a reader: controls,
/// line and paragraph separators, marks that change the direction of text (as in "Trojan Source",
/// CVE-2021-42574), and tags.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

fn message(record: &Record<'_>) -> String {
    let text = record.args().to_string();
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}{CUT}", &text[..end]),
    }
}

fn push_escaped(line: &mut String, text: &str) {
    for c in text.chars() {
        if is_hostile(c) {
            // Writing to a string cannot fail.
            let _ = write!(line, "{}", c.escape_default());
        } else {
            line.push(c);
        }
    }
}

/// The name of the program and why it ends.
pub fn last_line(why: &str) -> String {
    let mut line = "trakt-server: ".to_owned();
    let why = message(&Record::builder().args(format_args!("{why}")).build());
    push_escaped(&mut line, &why);
    line.push('\n');
    line
}

/// The time, the level, the part of the program and the message.
pub fn text_line(record: &Record<'_>) -> String {
    let mut line = format!("{} {:5} {}: ", stamp(), record.level(), record.target());
    push_escaped(&mut line, &message(record));
    if let Some(id) = request::current() {
        let _ = write!(line, " id={id}");
    }
    line.push('\n');
    line
}

/// The same as an object, and the fields of the record.
pub fn json_line(record: &Record<'_>) -> String {
    let mut fields = Fields(Map::new());
    // Reading a field cannot fail: the visitor takes them all.
    let _ = record.key_values().visit(&mut fields);
    let Fields(mut line) = fields;
    if let Some(id) = request::current() {
        line.insert("requestId".to_owned(), json!(id));
    }
    line.insert("time".to_owned(), json!(stamp()));
    line.insert("level".to_owned(), json!(record.level().as_str()));
    line.insert("target".to_owned(), json!(record.target()));
    line.insert("message".to_owned(), json!(message(record)));
    let text = serde_json::Value::Object(line).to_string();
    let mut escaped = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if is_hostile(c) {
            // They stand in strings alone, where JSON lets any character be written so.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped.push('\n');
    escaped
}

struct Fields(Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let mut field = Field(serde_json::Value::Null);
        value.visit(&mut field)?;
        self.0.insert(key.to_string(), field.0);
        Ok(())
    }
}

struct Field(serde_json::Value);

impl VisitValue<'_> for Field {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.0 = json!(value.to_string());
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), Error> {
        self.0 = json!(value);
        Ok(())
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), Error> {
        self.0 = json!(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use log::Level;

    use super::*;

    fn lines(text: &str) -> [String; 2] {
        let build = |line: fn(&Record<'_>) -> String| {
            line(
                &Record::builder()
                    .level(Level::Info)
                    .target("t")
                    .args(format_args!("{text}"))
                    .build(),
            )
        };
        [build(text_line), build(json_line)]
    }

    #[test]
    fn a_line_stays_a_line() {
        let [text, _] = lines("a\nb\r\u{1b}[31mc\u{85}\u{202e}d\u{2028}e\u{e0041}");
        let wanted = "t: a\\nb\\r\\u{1b}[31mc\\u{85}\\u{202e}d\\u{2028}e\\u{e0041}\n";
        assert!(text.ends_with(wanted), "{text}");
        let last = last_line("a\nb\u{1b}");
        assert_eq!(last, "trakt-server: a\\nb\\u{1b}\n");
    }

    #[test]
    fn every_character_comes_through_json_and_none_can_do_harm() {
        let all: Vec<char> = ('\0'..='\u{3000}')
            .chain('\u{e0000}'..='\u{e0080}')
            .collect();
        for said in all.chunks(64) {
            let said: String = said.iter().chain(&['\\', '"', '\u{1f600}']).collect();
            let [text, json] = lines(&said);
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(value["message"], said);
            for line in [text, json] {
                let (line, end) = line.split_at(line.len() - 1);
                assert_eq!((line.find(is_hostile), end), (None, "\n"));
            }
        }
    }

    #[test]
    fn a_message_has_an_end() {
        let [text, json] = lines(&"é".repeat(100_000));
        assert!(text.ends_with("éé…\n") && text.len() < 20_000);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            value["message"].as_str().unwrap().chars().count(),
            LONGEST + 1
        );
    }

    #[test]
    fn fields_stand_beside_the_message_and_do_not_take_its_place() {
        let fields = [
            ("status", Value::from(200_u16)),
            ("durationMs", Value::from(0.5)),
            ("route", Value::from("/a\n")),
            ("user", Value::null()),
            ("message", Value::from("other")),
        ];
        let record = Record::builder()
            .level(Level::Info)
            .target("t")
            .args(format_args!("said"))
            .key_values(&fields)
            .build();
        let line: serde_json::Value = serde_json::from_str(&json_line(&record)).unwrap();
        assert_eq!(line["status"], 200);
        assert_eq!(line["durationMs"], 0.5);
        assert_eq!(line["route"], "/a\n");
        assert!(line.get("user").is_some_and(serde_json::Value::is_null));
        assert_eq!(line["message"], "said");
        assert!(text_line(&record).ends_with("t: said\n"));
    }
}
