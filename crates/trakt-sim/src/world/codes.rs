//! Device codes: given out, decided on by a person, polled by the application.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::{AccountId, ControlError, World};

/// A poll may come this much early, in milliseconds: the way here takes longer on one poll than
/// on the next, and a client that waits exactly `interval` is not at fault for it.
const POLL_LEEWAY_MS: u64 = 250;

/// Where a device code stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeState {
    /// Nobody has decided yet.
    Pending,
    /// A person approved it; the next poll gets tokens.
    Approved,
    /// A person denied it.
    Denied,
    /// Its time is over, on the simulator's clock.
    Expired,
    /// Its tokens were given out.
    Used,
}

impl fmt::Display for CodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Used => "used",
        })
    }
}

/// A device code as the control interface shows it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeviceCode {
    /// What the application polls with.
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    /// The application that asked for it.
    pub client_id: String,
    /// Milliseconds since 1970-01-01 UTC on the simulator's clock.
    pub created_at_ms: u64,
    /// Milliseconds since 1970-01-01 UTC on the simulator's clock.
    pub expires_at_ms: u64,
    /// Where it stands now.
    pub state: CodeState,
    /// The present slug of the account that it was approved for.
    pub slug: Option<String>,
    /// How often it was polled, polls that came too soon included.
    pub polls: u32,
}

/// Without the codes: they are as good as a token while they live.
impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode")
            .field("state", &self.state)
            .field("slug", &self.slug)
            .field("polls", &self.polls)
            .finish_non_exhaustive()
    }
}

/// What `POST /oauth/device/code` answers with; times in seconds.
#[derive(Debug)]
pub(crate) struct IssuedCode {
    pub(crate) device_code: String,
    pub(crate) user_code: String,
    pub(crate) expires_in: u64,
    pub(crate) interval: u64,
}

/// What a poll finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Poll {
    Pending,
    /// The tokens at this index were given out just now.
    Approved(usize),
    Unknown,
    Used,
    Expired,
    Denied,
    TooFast,
}

#[derive(Clone, Copy, Debug)]
enum Decision {
    Open,
    Approved(AccountId),
    Denied,
    Used(AccountId),
}

#[derive(Debug)]
struct Code {
    device_code: String,
    user_code: String,
    client_id: String,
    created_at_ms: u64,
    expires_at_ms: u64,
    decision: Decision,
    polled_at_ms: Option<u64>,
    polls: u32,
}

impl Code {
    /// A denial and a use outlast the expiry: Trakt tells them by their own statuses.
    fn state(&self, now_ms: u64) -> CodeState {
        match self.decision {
            Decision::Used(_) => CodeState::Used,
            Decision::Denied => CodeState::Denied,
            _ if self.expires_at_ms <= now_ms => CodeState::Expired,
            Decision::Approved(_) => CodeState::Approved,
            Decision::Open => CodeState::Pending,
        }
    }
}

/// Every device code ever given out, in order, and where each is by either of its codes.
#[derive(Debug, Default)]
pub(super) struct Codes {
    all: Vec<Code>,
    by_device_code: HashMap<String, usize>,
    by_user_code: HashMap<String, usize>,
}

impl Codes {
    /// What was approved for a deleted account is denied instead.
    pub(super) fn forget_account(&mut self, account: AccountId) {
        for code in &mut self.all {
            if matches!(code.decision, Decision::Approved(id) if id == account) {
                code.decision = Decision::Denied;
            }
        }
    }

    fn by_user_code(&mut self, typed: &str) -> Result<&mut Code, ControlError> {
        let letters = typed.chars().filter(char::is_ascii_alphanumeric);
        let wanted = letters.collect::<String>().to_ascii_uppercase();
        let at = *self
            .by_user_code
            .get(&wanted)
            .ok_or(ControlError::UnknownCode)?;
        Ok(&mut self.all[at])
    }

    fn push(&mut self, code: Code) {
        let at = self.all.len();
        self.by_device_code.insert(code.device_code.clone(), at);
        self.by_user_code.insert(code.user_code.clone(), at);
        self.all.push(code);
    }
}

impl World {
    pub(crate) fn issue_code(&mut self, client_id: &str) -> IssuedCode {
        let mut user_code = self.entropy.user_code();
        // 40 bits may repeat in a long run, and then the wrong flow would be approved.
        while self.codes.by_user_code.contains_key(&user_code) {
            user_code = self.entropy.user_code();
        }
        let now_ms = self.now_ms();
        let code = Code {
            device_code: self.entropy.token(),
            user_code,
            client_id: client_id.to_owned(),
            created_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(self.config.code_expires_in.saturating_mul(1000)),
            decision: Decision::Open,
            polled_at_ms: None,
            polls: 0,
        };
        let issued = IssuedCode {
            device_code: code.device_code.clone(),
            user_code: code.user_code.clone(),
            expires_in: self.config.code_expires_in,
            interval: self.config.interval,
        };
        self.codes.push(code);
        issued
    }

    /// Polls a code. The interval counts between any two polls of an undecided or approved
    /// code, those that came too soon included; what can no longer change is told at any time.
    pub(crate) fn poll(&mut self, device_code: &str, client_id: &str) -> Poll {
        let now_ms = self.now_ms();
        let apart_ms = self
            .config
            .interval
            .saturating_mul(1000)
            .saturating_sub(POLL_LEEWAY_MS);
        let at = self.codes.by_device_code.get(device_code).copied();
        let code = at.map(|at| &mut self.codes.all[at]);
        let Some(code) = code.filter(|code| code.client_id == client_id) else {
            return Poll::Unknown;
        };
        code.polls += 1;
        let too_fast = code
            .polled_at_ms
            .is_some_and(|at| now_ms.saturating_sub(at) < apart_ms);
        code.polled_at_ms = Some(now_ms);
        match (code.state(now_ms), code.decision) {
            (CodeState::Used, _) => Poll::Used,
            (CodeState::Denied, _) => Poll::Denied,
            (CodeState::Expired, _) => Poll::Expired,
            _ if too_fast => Poll::TooFast,
            (_, Decision::Approved(account)) => {
                code.decision = Decision::Used(account);
                Poll::Approved(self.issue_tokens(account, client_id, None))
            }
            _ => Poll::Pending,
        }
    }

    /// What a person sees of a code: the application that asks.
    pub(crate) fn asking_client(&mut self, user_code: &str) -> Result<String, ControlError> {
        self.pending(user_code).map(|code| code.client_id.clone())
    }

    pub(crate) fn approve(&mut self, user_code: &str, slug: &str) -> Result<(), ControlError> {
        let account = self.living_account(slug)?;
        self.pending(user_code)?.decision = Decision::Approved(account);
        Ok(())
    }

    pub(crate) fn deny(&mut self, user_code: &str) -> Result<(), ControlError> {
        self.pending(user_code)?.decision = Decision::Denied;
        Ok(())
    }

    /// Ends the time of a code that is pending or approved.
    pub(crate) fn expire(&mut self, user_code: &str) -> Result<(), ControlError> {
        let now_ms = self.now_ms();
        let code = self.codes.by_user_code(user_code)?;
        match code.state(now_ms) {
            CodeState::Pending | CodeState::Approved => code.expires_at_ms = now_ms,
            state => return Err(ControlError::CodeNotPending(state)),
        }
        Ok(())
    }

    pub(crate) fn device_codes(&self) -> Vec<DeviceCode> {
        let now_ms = self.now_ms();
        let view = |code: &Code| DeviceCode {
            device_code: code.device_code.clone(),
            user_code: code.user_code.clone(),
            client_id: code.client_id.clone(),
            created_at_ms: code.created_at_ms,
            expires_at_ms: code.expires_at_ms,
            state: code.state(now_ms),
            slug: match code.decision {
                Decision::Approved(id) | Decision::Used(id) => Some(self.account(id).slug.clone()),
                Decision::Open | Decision::Denied => None,
            },
            polls: code.polls,
        };
        self.codes.all.iter().map(view).collect()
    }

    fn pending(&mut self, user_code: &str) -> Result<&mut Code, ControlError> {
        let now_ms = self.now_ms();
        let code = self.codes.by_user_code(user_code)?;
        match code.state(now_ms) {
            CodeState::Pending => Ok(code),
            state => Err(ControlError::CodeNotPending(state)),
        }
    }
}
