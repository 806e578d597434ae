//! What a test may script to go wrong, and when. How a fault looks on the wire is in
//! `server::answer`.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use super::{ControlError, World};

/// Something that goes wrong with one request.
///
/// What matters to a client is whether the request took effect, so each fault says so:
/// *processed* means that Trakt's state changed as it does for a good answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Answers with this. Without a `content-type` among the headers, it is guessed from the
    /// body's first character.
    Answer {
        /// 200 to 599.
        status: u16,
        /// Headers by name.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body as it is.
        #[serde(default)]
        body: String,
        /// Process the request before; its own answer is lost.
        #[serde(default)]
        processed: bool,
    },
    /// Waits, then processes and answers. The request takes effect even if the client has left
    /// by then.
    Delay {
        /// Real milliseconds, whatever the simulator's clock says.
        ms: u64,
    },
    /// Processes at once, then waits before it answers.
    Late {
        /// Real milliseconds, whatever the simulator's clock says.
        ms: u64,
    },
    /// Closes the connection without an answer; not processed.
    CutBefore,
    /// Processes, then closes the connection without an answer.
    CutAfter,
    /// Processes, then closes the connection in the middle of the answer's body.
    CutHalf,
    /// Processes, then answers 200 with the first half of the JSON, well framed.
    Truncate,
    /// Answers 200 with an HTML page, as a captcha at Trakt's edge does; not processed.
    Html,
    /// Answers 200 with one JSON object of this many bytes, its length not announced; not
    /// processed.
    Huge {
        /// The length of the body; at least 32.
        bytes: u64,
    },
    /// Processes, then sends the answer's body byte by byte.
    Drip {
        /// Real milliseconds before each byte.
        every_ms: u64,
    },
    /// Answers with the HTML page of Trakt's edge for a status; not processed.
    Edge {
        /// 403 (blocked), 429 ("Error 1015"), 502, 503, 504, 520, 521 or 522.
        status: u16,
        /// The `Retry-After` header, in seconds.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// Processes, then sends the status line and the headers byte by byte, and the body at once.
    SlowHead {
        /// Real milliseconds before each byte; at least 1.
        every_ms: u64,
    },
    /// Answers 200 with random bytes that are called JSON; not processed.
    Garbage {
        /// How many; 16 to 16 MiB.
        bytes: usize,
    },
    /// Answers 200 with one JSON object, compressed with gzip to a thousandth; not processed.
    GzipBomb {
        /// The length of the JSON; at least 32.
        bytes: u64,
    },
    /// Answers 420, as to an account that has reached its limit, with the headers that
    /// [`Config::limit_headers`](crate::Config::limit_headers) asks for; not processed.
    AccountLimit {
        /// The limit that `X-Account-Limit` tells, in items.
        limit: u64,
    },
    /// Answers with a redirect; not processed.
    Redirect {
        /// 300 to 399.
        #[serde(default = "found")]
        status: u16,
        /// The `location` header.
        location: String,
    },
}

fn found() -> u16 {
    302
}

impl Fault {
    /// This status with an empty body; not processed.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::answer(status, "")
    }

    /// This status and body; not processed.
    #[must_use]
    pub fn answer(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        Self::Answer {
            status,
            headers: BTreeMap::new(),
            body,
            processed: false,
        }
    }

    /// 302 to `location`; not processed.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::Redirect {
            status: found(),
            location: location.to_owned(),
        }
    }

    /// Adds a header to an [`Fault::Answer`]; the other kinds stay as they are.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// Lets an [`Fault::Answer`] process the request first; the other kinds stay as they are.
    #[must_use]
    pub fn after_processing(mut self) -> Self {
        if let Self::Answer { processed, .. } = &mut self {
            *processed = true;
        }
        self
    }

    fn check(&self) -> Result<(), ControlError> {
        let bad = |why| Err(ControlError::BadFault(why));
        match self {
            Self::Answer {
                status, headers, ..
            } => {
                if !(200..=599).contains(status) {
                    return bad("the status must be 200 to 599");
                }
                let valid = |(name, value): (&String, &String)| {
                    HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok()
                };
                if !headers.iter().all(valid) {
                    return bad("a header has characters that HTTP does not allow");
                }
            }
            Self::Huge { bytes } | Self::GzipBomb { bytes } if *bytes < 32 => {
                return bad("bytes must be at least 32");
            }
            Self::Garbage { bytes } if !(16..=1 << 24).contains(bytes) => {
                return bad("bytes must be 16 to 16777216");
            }
            Self::SlowHead { every_ms: 0 } => return bad("every_ms must be at least 1"),
            Self::Edge { status, .. } if !matches!(status, 403 | 429 | 502..=504 | 520..=522) => {
                return bad("the edge has no page for this status");
            }
            Self::Redirect { status, location } => {
                if !StatusCode::from_u16(*status).is_ok_and(|s| s.is_redirection()) {
                    return bad("the status must be 300 to 399");
                }
                if HeaderValue::try_from(location).is_err() {
                    return bad("the location has characters that HTTP does not allow");
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A fault and the requests that meet it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedFault {
    /// Method and path, as in `POST /oauth/token`; `*` stands for any run of characters.
    pub on: String,
    /// How many more requests meet it; 1 where JSON does not say.
    #[serde(default = "once")]
    pub times: u32,
    /// What they meet.
    pub fault: Fault,
}

fn once() -> u32 {
    1
}

impl World {
    /// Adds a fault behind those there are: a request meets the first that fits it.
    pub(crate) fn script(&mut self, scripted: ScriptedFault) -> Result<(), ControlError> {
        if !scripted.on.contains(" /") && !scripted.on.starts_with('*') {
            return Err(ControlError::BadFault("it must be on a method and a path"));
        }
        if scripted.times == 0 {
            return Err(ControlError::BadFault("times must be at least 1"));
        }
        scripted.fault.check()?;
        self.faults.push(scripted);
        Ok(())
    }

    /// The fault that this request meets, used up by it.
    pub(crate) fn take_fault(&mut self, method: &str, path: &str) -> Option<Fault> {
        let asked = format!("{method} {path}");
        let index = self
            .faults
            .iter()
            .position(|scripted| matches(&scripted.on, &asked))?;
        self.faults[index].times -= 1;
        if self.faults[index].times == 0 {
            return Some(self.faults.remove(index).fault);
        }
        Some(self.faults[index].fault.clone())
    }

    /// The faults that no request has used up yet.
    pub(crate) fn faults(&self) -> &[ScriptedFault] {
        &self.faults
    }

    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    text.strip_prefix(head).is_some_and(|left| {
        let mut starts = (0..=left.len()).filter(|at| left.is_char_boundary(*at));
        starts.any(|at| matches(rest, &left[at..]))
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for pattern in [
            "POST /oauth/token",
            "* /oauth/token",
            "POST /oauth/*",
            "*",
            "*/o*/t*",
        ] {
            assert!(matches(pattern, "POST /oauth/token"), "{pattern}");
        }
        for pattern in [
            "POST /oauth",
            "GET *",
            "* /oauth/token/",
            "/oauth/token",
            "",
        ] {
            assert!(!matches(pattern, "POST /oauth/token"), "{pattern}");
        }
        assert!(matches("GET /users/*", "GET /users/é"));
    }
}
