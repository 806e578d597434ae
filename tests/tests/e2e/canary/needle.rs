//! Looking for secrets in whatever form they might have been written.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;

/// The shortest form that is told from chance, in bytes.
const LEAST: usize = 8;
/// The bytes in a line of a hex dump, which cuts a secret wherever it likes.
const DUMP_LINE: usize = 16;

/// Every form of every secret, found in one pass.
#[derive(Default)]
pub struct Needles {
    by_start: HashMap<[u8; LEAST], Vec<Needle>>,
    names: Vec<String>,
}

struct Needle {
    secret: usize,
    form: String,
    bytes: Vec<u8>,
}

/// A secret where it must not be.
#[derive(Debug)]
pub struct Leak {
    pub secret: String,
    pub form: String,
    /// What stands around it.
    pub around: String,
}

impl Needles {
    pub fn add(&mut self, name: &str, secret: impl AsRef<[u8]>) {
        for (bytes, form) in forms(secret.as_ref()) {
            let start = bytes
                .first_chunk()
                .expect("a secret is no word that stands anywhere");
            let needle = Needle {
                secret: self.names.len(),
                form,
                bytes: bytes.clone(),
            };
            self.by_start.entry(*start).or_default().push(needle);
        }
        self.names.push(name.to_owned());
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The secrets in here, each once.
    pub fn leaks(&self, text: &[u8]) -> Vec<Leak> {
        let mut found = BTreeMap::new();
        for (at, start) in text.windows(LEAST).enumerate() {
            let Ok(start) = <&[u8; LEAST]>::try_from(start) else {
                continue;
            };
            let Some(needles) = self.by_start.get(start) else {
                continue;
            };
            for needle in needles
                .iter()
                .filter(|needle| text[at..].starts_with(&needle.bytes))
            {
                found.entry(needle.secret).or_insert_with(|| Leak {
                    secret: self.names[needle.secret].clone(),
                    form: needle.form.clone(),
                    around: around(text, at, needle.bytes.len()),
                });
            }
        }
        found.into_values().collect()
    }
}

/// The neighbourhood of a leak without the leak: where to look for its source.
fn around(text: &[u8], at: usize, length: usize) -> String {
    let before = String::from_utf8_lossy(&text[at.saturating_sub(200)..at]);
    let after = &text[at + length..];
    let after = String::from_utf8_lossy(&after[..after.len().min(40)]);
    format!("{before}<SECRET>{after}")
}

/// Each form of a secret, and its name.
pub fn forms(secret: &[u8]) -> BTreeMap<Vec<u8>, String> {
    assert!(secret.len() >= LEAST);
    let list = format!("{secret:?}");
    let mut all: Vec<(String, Vec<u8>)> = vec![
        ("raw".to_owned(), secret.to_vec()),
        ("hex".to_owned(), hex(secret).into()),
        ("HEX".to_owned(), hex(secret).to_uppercase().into()),
        (
            "a list of bytes".to_owned(),
            list.trim_matches(['[', ']']).into(),
        ),
        (
            "escaped bytes".to_owned(),
            secret.escape_ascii().to_string().into(),
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
        let json = json.trim_matches('"');
        let form: String = url::form_urlencoded::byte_serialize(secret).collect();
        let percent = form.replace('+', "%20");
        let texts = [
            ("JSON", json.to_owned()),
            ("JSON in ASCII", ascii(json)),
            ("Debug", text.escape_debug().to_string()),
            ("escaped", text.escape_default().to_string()),
            ("SQL", text.replace('\'', "''")),
            ("COPY", text.replace('\\', "\\\\")),
            ("url", lower_percent(&percent)),
            ("form", form),
            ("URL", percent),
        ];
        all.extend(texts.map(|(name, text)| (name.to_owned(), text.into())));
    }
    // Whatever the line at which a dump cuts it, one of these stands whole in the column that
    // shows the text.
    let piece = if secret.len() >= 2 * DUMP_LINE - 1 {
        DUMP_LINE
    } else {
        LEAST
    };
    if secret.len() >= 2 * LEAST - 1 {
        let pieces = secret.windows(piece).take(DUMP_LINE);
        all.extend(pieces.map(|piece| ("hex dump".to_owned(), dumped(piece))));
    }
    // The first of equal forms gives the name.
    all.into_iter()
        .rev()
        .map(|(name, bytes)| (bytes, name))
        .collect()
}

/// As a hex dump shows it beside the digits.
pub fn dumped(bytes: &[u8]) -> Vec<u8> {
    let shown = |byte: &u8| if byte.is_ascii_graphic() { *byte } else { b'.' };
    bytes.iter().map(shown).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What of the base64 of a longer text depends on the secret alone, when it begins `offset`
/// bytes after a multiple of three.
fn base64(secret: &[u8], alphabet: &Alphabet, offset: usize) -> Vec<u8> {
    let padded = [vec![0; offset], secret.to_vec()].concat();
    let text = GeneralPurpose::new(alphabet, NO_PAD).encode(&padded);
    text.as_bytes()[(offset * 8).div_ceil(6)..padded.len() * 8 / 6].to_vec()
}

/// JSON as some write it: nothing but ASCII.
fn ascii(json: &str) -> String {
    json.encode_utf16().fold(String::new(), |mut text, unit| {
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

/// Everything that PostgreSQL writes as `\x…`: the bytes of `bytea` columns, one a line.
pub fn bytea(dump: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(dump);
    let mut bytes = Vec::new();
    for part in text.split("\\x").skip(1) {
        let digits: String = part.chars().take_while(char::is_ascii_hexdigit).collect();
        let pairs = digits
            .as_bytes()
            .chunks_exact(2)
            .filter_map(|pair| str::from_utf8(pair).ok());
        bytes.extend(pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()));
        bytes.push(b'\n');
    }
    bytes
}
