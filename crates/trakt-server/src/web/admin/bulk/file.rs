//! The file: `user_email,trakt_slug[,replace]` and its lines (RFC 4180).

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use csv::{ReaderBuilder, StringRecord, Trim};
use sha2::{Digest, Sha256};
use trakt_core::TraktSlug;
use trakt_core::admin::Associate;
use trakt_core::audit::AuditStamp;
use trakt_core::user::Email;

/// How many lines a file may have, without the first.
pub const MOST_LINES: usize = 500;

/// What stands in the first line.
pub const COLUMNS: [&str; 3] = ["user_email", "trakt_slug", "replace"];

/// A file that could be read.
pub struct Bulk {
    pub lines: Vec<Line>,
    /// Tells whether it is the same as the one that was checked.
    pub digest: String,
}

/// A line with something in it.
pub struct Line {
    /// Its number in the file: the first line is 1.
    pub number: usize,
    /// As it stands there.
    pub email: String,
    /// As it stands there.
    pub slug: String,
    /// What it asks for.
    pub read: Result<Associate, Flaw>,
}

/// Why a line asks for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It has too few fields, or too many.
    Columns,
    Email,
    Slug,
    Replace,
    /// The user or the account stands in this line already.
    Duplicate(usize),
}

/// Why a file is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The first line does not name the columns.
    Header,
    /// There is nothing below the first line.
    Empty,
    TooMany,
    /// It is no text in lines.
    Unreadable,
}

/// A file as the browser sent it, in the form in which it is compared: what comes out of a field has
/// other ends of lines than what went in.
pub fn normal(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.trim_matches('\n').to_owned()
}

/// Reads a file in its normal form.
pub fn read(text: &str, stamp: &AuditStamp) -> Result<Bulk, Wrong> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = records.next().ok_or(Wrong::Header)?;
    let header = header.map_err(|_| Wrong::Unreadable)?;
    let names: Vec<&str> = header.iter().collect();
    if names.len() < 2 || !COLUMNS.starts_with(&names) {
        return Err(Wrong::Header);
    }
    let (mut lines, mut seen) = (Vec::new(), HashMap::new());
    for record in records {
        let record = record.map_err(|_| Wrong::Unreadable)?;
        if lines.len() == MOST_LINES {
            return Err(Wrong::TooMany);
        }
        lines.push(line(text, &record, names.len(), stamp, &mut seen));
    }
    if lines.is_empty() {
        return Err(Wrong::Empty);
    }
    let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text));
    Ok(Bulk { lines, digest })
}

/// Which user or account stood in which line.
type Seen = HashMap<String, usize>;

fn line(
    text: &str,
    record: &StringRecord,
    columns: usize,
    stamp: &AuditStamp,
    seen: &mut Seen,
) -> Line {
    let number = number(text, record);
    let field = |place| record.get(place).unwrap_or("").to_owned();
    let read = claim(record, columns, stamp).and_then(|claim| {
        let slug = claim.slug.as_str().to_lowercase();
        let keys = [format!("@{}", claim.email), format!("/{slug}")];
        let before = keys.iter().find_map(|key| seen.get(key).copied());
        for key in keys {
            seen.entry(key).or_insert(number);
        }
        before.map_or(Ok(claim), |before| Err(Flaw::Duplicate(before)))
    });
    Line {
        number,
        email: field(0),
        slug: field(1),
        read,
    }
}

fn claim(record: &StringRecord, columns: usize, stamp: &AuditStamp) -> Result<Associate, Flaw> {
    // The last one may be left out where there is nothing to say.
    if !(2..=columns).contains(&record.len()) {
        return Err(Flaw::Columns);
    }
    let field = |place| record.get(place).unwrap_or("");
    Ok(Associate {
        email: Email::parse(field(0)).map_err(|_| Flaw::Email)?,
        slug: TraktSlug::parse(field(1)).map_err(|_| Flaw::Slug)?,
        replace: replace(field(2))?,
        stamp: stamp.clone(),
    })
}

fn replace(word: &str) -> Result<bool, Flaw> {
    match word.to_ascii_lowercase().as_str() {
        "" | "false" | "no" | "0" => Ok(false),
        "true" | "yes" | "1" => Ok(true),
        _ => Err(Flaw::Replace),
    }
}

/// Where a record begins, behind the empty lines before it, which are passed over.
fn number(text: &str, record: &StringRecord) -> usize {
    let Some(position) = record.position() else {
        return 0;
    };
    let byte = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(byte..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| **byte == b'\n').count();
    usize::try_from(position.line())
        .unwrap_or(usize::MAX)
        .saturating_add(empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Said = (usize, Result<String, Flaw>);

    fn lines(text: &str) -> Result<Vec<Said>, Wrong> {
        let bulk = read(&normal(text), &AuditStamp::default())?;
        let said = |claim: &Associate| format!("{} {} {}", claim.email, claim.slug, claim.replace);
        let lines = bulk.lines.iter();
        Ok(lines
            .map(|line| {
                (
                    line.number,
                    line.read.as_ref().map(said).map_err(|flaw| *flaw),
                )
            })
            .collect())
    }

    #[test]
    fn lines_are_read_or_say_why_not() {
        let text = "\u{feff}user_email,trakt_slug,replace\r\n\
                    Ana@Example.org, sean ,yes\r\n\
                    \r\n\
                    \"bo@example.org\",justin\r\n\
                    not an address,x,\r\n\
                    cy@example.org,a/b,\r\n\
                    di@example.org,di,perhaps\r\n\
                    only-one\r\n\
                    a@example.org,b,no,d\r\n\
                    ANA@example.org,other\r\n\
                    ed@example.org,Sean\r\n";
        let good = |text: &str| Ok(text.to_owned());
        assert_eq!(
            lines(text).unwrap(),
            [
                (2, good("ana@example.org sean true")),
                (4, good("bo@example.org justin false")),
                (5, Err(Flaw::Email)),
                (6, Err(Flaw::Slug)),
                (7, Err(Flaw::Replace)),
                (8, Err(Flaw::Columns)),
                (9, Err(Flaw::Columns)),
                (10, Err(Flaw::Duplicate(2))),
                (11, Err(Flaw::Duplicate(2))),
            ]
        );
    }

    #[test]
    fn what_is_no_such_file_is_not_looked_at() {
        for (text, wrong) in [
            ("", Wrong::Header),
            ("ana@example.org,sean", Wrong::Header),
            ("user_email", Wrong::Header),
            ("trakt_slug,user_email\na,b", Wrong::Header),
            ("user_email;trakt_slug\na;b", Wrong::Header),
            ("user_email,trakt_slug", Wrong::Empty),
            ("user_email,trakt_slug\n\n\n", Wrong::Empty),
        ] {
            assert_eq!(lines(text), Err(wrong), "{text:?}");
        }
        let many = |lines: usize| format!("user_email,trakt_slug\n{}", "a,b\n".repeat(lines));
        assert_eq!(lines(&many(MOST_LINES)).unwrap().len(), MOST_LINES);
        assert_eq!(lines(&many(MOST_LINES + 1)), Err(Wrong::TooMany));
        // A quote that never ends takes the rest with it, and does no more harm.
        let open = "user_email,trakt_slug\n\"a,b\nc@example.org,d";
        assert_eq!(lines(open).unwrap(), [(2, Err(Flaw::Columns))]);
    }

    #[test]
    fn what_a_field_does_to_a_file_does_not_change_it() {
        let digest = |text: &str| read(&normal(text), &AuditStamp::default()).map(|b| b.digest);
        let first = digest("user_email,trakt_slug\na@b.c,d\n").unwrap();
        let again = digest("\r\nuser_email,trakt_slug\r\na@b.c,d").unwrap();
        assert_eq!(first, again);
        assert_ne!(digest("user_email,trakt_slug\na@b.c,e").unwrap(), first);
    }
}
