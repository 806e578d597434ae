//! Looking for a secret in whatever form it might have been written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

/// Something that must not be found.
pub struct Secret {
    pub name: String,
    bytes: Vec<u8>,
    forms: BTreeMap<String, String>,
}

/// Somewhere to look.
pub struct Place {
    pub name: String,
    text: String,
}

impl Secret {
    pub fn new(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        assert!(
            bytes.len() >= 8,
            "{name} is too short to be told from chance"
        );
        Self {
            name: name.to_owned(),
            forms: forms(&bytes),
            bytes,
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Place {
    pub fn new(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        Self {
            name: name.to_owned(),
            text: latin1(bytes.as_ref()),
        }
    }

    /// The forms in which a secret is found here.
    pub fn found(&self, secret: &Secret) -> Vec<String> {
        let there = |form: &String| self.text.contains(form.as_str());
        let found = secret.forms.iter().filter(|(form, _)| there(form));
        found.map(|(_, name)| name.clone()).collect()
    }

    /// What stands around the first place of a secret, itself blotted out: where to look for
    /// the leak.
    pub fn around(&self, secret: &Secret) -> String {
        let at = secret
            .forms
            .keys()
            .find_map(|form| Some((self.text.find(form.as_str())?, form)));
        let (at, form) = at.expect("it was found");
        let before: String = self.text[..at].chars().rev().take(200).collect();
        let after: String = self.text[at + form.len()..].chars().take(40).collect();
        format!(
            "{}<SECRET>{after}",
            before.chars().rev().collect::<String>()
        )
    }
}

/// Every byte as the character of its number, so that text is found within any bytes.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Each form of a secret and its name.
pub fn forms(secret: &[u8]) -> BTreeMap<String, String> {
    let hex = |upper: bool| {
        secret.iter().fold(String::new(), |mut text, byte| {
            let _ = if upper {
                write!(text, "{byte:02X}")
            } else {
                write!(text, "{byte:02x}")
            };
            text
        })
    };
    let mut all = vec![
        ("raw".to_owned(), latin1(secret)),
        ("hex".to_owned(), hex(false)),
        ("HEX".to_owned(), hex(true)),
        (
            "a list of bytes".to_owned(),
            format!("{secret:?}").trim_matches(['[', ']']).to_owned(),
        ),
        (
            "escaped bytes".to_owned(),
            secret.escape_ascii().to_string(),
        ),
    ];
    for (alphabet, name) in [(&STANDARD, "base64"), (&URL_SAFE, "base64url")] {
        for offset in 0..3 {
            all.push((
                format!("{name} from byte {offset}"),
                base64(secret, alphabet, offset),
            ));
        }
    }
    if let Ok(text) = str::from_utf8(secret) {
        let json = serde_json::to_string(text).unwrap();
        let form: String = url::form_urlencoded::byte_serialize(secret).collect();
        let percent = form.replace('+', "%20");
        all.extend([
            ("JSON".to_owned(), latin1(json.trim_matches('"').as_bytes())),
            ("JSON in ASCII".to_owned(), ascii_json(text)),
            (
                "Debug".to_owned(),
                latin1(text.escape_debug().to_string().as_bytes()),
            ),
            ("escaped".to_owned(), text.escape_default().to_string()),
            (
                "SQL".to_owned(),
                latin1(text.replace('\'', "''").as_bytes()),
            ),
            (
                "COPY".to_owned(),
                latin1(text.replace('\\', "\\\\").as_bytes()),
            ),
            ("form".to_owned(), form),
            ("url".to_owned(), lower_percent(&percent)),
            ("URL".to_owned(), percent),
        ]);
    }
    // The first of equal forms gives the name.
    all.into_iter()
        .rev()
        .map(|(name, form)| (form, name))
        .collect()
}

/// What of the base64 of a longer text depends on the secret alone, when it begins `offset`
/// bytes after a multiple of three.
fn base64(secret: &[u8], alphabet: &Alphabet, offset: usize) -> String {
    let padded = [vec![0; offset], secret.to_vec()].concat();
    let text = GeneralPurpose::new(alphabet, NO_PAD).encode(&padded);
    text[(offset * 8).div_ceil(6)..padded.len() * 8 / 6].to_owned()
}

/// JSON as some write it: nothing but ASCII.
fn ascii_json(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap();
    json.trim_matches('"')
        .encode_utf16()
        .fold(String::new(), |mut text, unit| {
            let _ = match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => write!(text, "{}", char::from(byte)),
                _ => write!(text, "\\u{unit:04x}"),
            };
            text
        })
}

/// `%2F` as `%2f`; the rest as it is.
fn lower_percent(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        format!("{all}%{}{}", part[..2].to_lowercase(), &part[2..])
    })
}

/// Everything that PostgreSQL writes as `\x…`: the bytes of `bytea` columns.
pub fn bytea(dump: &[u8]) -> Vec<u8> {
    let text = latin1(dump);
    let mut bytes = Vec::new();
    for part in text.split("\\x").skip(1) {
        let digits: Vec<u8> = part.bytes().take_while(u8::is_ascii_hexdigit).collect();
        let pairs = digits.as_chunks::<2>().0.iter();
        bytes.extend(
            pairs.filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()),
        );
        bytes.push(b'\n');
    }
    bytes
}
