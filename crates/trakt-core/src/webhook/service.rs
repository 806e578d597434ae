//! Telling endpoints, and what an operator does about it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    DeliveryRecord, EndpointKey, Verdict, WebhookAnswer, WebhookEndpoint, WebhookEvent,
    WebhookKind, WebhookPolicy,
};
use crate::ports::{
    ClaimDelivery, DeliveryQuery, Replay, SettleDelivery, WebhookSender, WebhookStore,
};
use crate::token::RefreshPolicy;
use crate::{Clock, DeliveryId, Entropy, Page, PortError, SendId, WebhookId};

/// Tells endpoints what happened. What is told is written by the stores, in the transaction of what
/// happens; this sends it, at least once.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct WebhookService {
    store: Arc<dyn WebhookStore>,
    sender: Arc<dyn WebhookSender>,
    endpoints: Arc<[WebhookEndpoint]>,
    /// One for each endpoint.
    rests: Arc<[Rest]>,
    /// When [`Self::tend`] began to do something last, by [`Clock::elapsed`].
    tended: Arc<Mutex<Option<Duration>>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// When an endpoint is left alone: its trouble costs a call now and then, and not one for each event.
#[derive(Default)]
struct Rest(Mutex<Trouble>);

#[derive(Default)]
struct Trouble {
    in_row: u32,
    /// By [`Clock::elapsed`].
    until: Duration,
}

impl Rest {
    /// After so many attempts in a row without a good answer.
    const IN_ROW: u32 = 5;
    const PAUSE: Duration = Duration::from_secs(10);
    /// The longest that an endpoint can ask for on behalf of its other events.
    const LONGEST: Duration = Duration::from_secs(60);

    fn holds(&self, clock: &dyn Clock) -> bool {
        clock.elapsed() < self.0.lock().unwrap_or_else(PoisonError::into_inner).until
    }

    fn heed(&self, answer: WebhookAnswer, clock: &dyn Clock) {
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = match answer {
            WebhookAnswer::Status {
                status: 429 | 503,
                retry_after: Some(period),
            } => period.min(Self::LONGEST),
            WebhookAnswer::Status {
                status: 400..=428 | 430..=499,
                ..
            } => return,
            answer if answer.reason().is_none() => {
                trouble.in_row = 0;
                return;
            }
            _ => {
                trouble.in_row += 1;
                if trouble.in_row < Self::IN_ROW {
                    return;
                }
                Self::PAUSE
            }
        };
        trouble.in_row = 0;
        trouble.until = clock.elapsed().saturating_add(pause);
    }
}

impl WebhookService {
    /// How often it is noted that the endpoints are named.
    const TEND: Duration = Duration::from_secs(600);
    /// How many rows one transaction of an operator's or of forgetting is about.
    const BATCH: u32 = 1000;

    /// Tells these endpoints of what is in `store`.
    #[must_use]
    pub fn new(
        store: Arc<dyn WebhookStore>,
        sender: Arc<dyn WebhookSender>,
        endpoints: Vec<WebhookEndpoint>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            sender,
            rests: endpoints.iter().map(|_| Rest::default()).collect(),
            endpoints: endpoints.into(),
            tended: Arc::default(),
            clock,
            entropy,
        }
    }

    /// Who is told.
    #[must_use]
    pub fn endpoints(&self) -> &[WebhookEndpoint] {
        &self.endpoints
    }

    /// Makes the endpoints known: from now on events are kept for them. One that was gone is tried
    /// again.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn enrol(&self) -> Result<(), PortError> {
        self.store.enrol_endpoints(&self.endpoints, true)
    }

    /// Notes from time to time that the endpoints are still named, and forgets events that are old;
    /// tells whether there may be more of them. After an error, too, it rests until the next time.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn tend(&self) -> Result<bool, PortError> {
        let now = self.clock.elapsed();
        let mut tended = self.tended.lock().unwrap_or_else(PoisonError::into_inner);
        if tended.is_some_and(|at| now.saturating_sub(at) < Self::TEND) {
            return Ok(false);
        }
        *tended = Some(now);
        self.store.enrol_endpoints(&self.endpoints, false)?;
        if self.store.forget_events(Self::BATCH)? == Self::BATCH as usize {
            *tended = None;
            return Ok(true);
        }
        Ok(false)
    }

    /// Tells the endpoint at this place of one event that is due, if there is one; tells whether there
    /// was. An endpoint in trouble is left alone for a while.
    ///
    /// # Errors
    /// When the store cannot say what is due, or not keep what came of it: then it is sent again.
    pub fn deliver_due(&self, place: usize) -> Result<bool, PortError> {
        let (Some(endpoint), Some(rest)) = (self.endpoints.get(place), self.rests.get(place))
        else {
            return Ok(false);
        };
        if rest.holds(&*self.clock) {
            return Ok(false);
        }
        let send = SendId::random(&*self.entropy);
        let claim = ClaimDelivery {
            endpoint: endpoint.key.clone(),
            send,
            lease: WebhookPolicy::LEASE,
        };
        let Some(due) = self.store.claim_delivery(&claim)? else {
            return Ok(false);
        };
        let answer = self.sender.send(endpoint, &due.event);
        rest.heed(answer, &*self.clock);
        let chance = RefreshPolicy::chance(&*self.entropy);
        let verdict = WebhookPolicy::verdict(answer, due.attempts, due.age, chance);
        let (name, event) = (&endpoint.name, due.event.id);
        metrics::counter!("trakt_webhook_sends_total", "outcome" => verdict.as_str()).increment(1);
        match verdict {
            Verdict::Delivered => log::debug!("{name} was told of event {event}"),
            Verdict::Again(_) => log::info!("{name} was not told of event {event}: {answer}"),
            Verdict::GivenUp => {
                log::warn!("{name} is not told of event {event} any more: {answer}");
            }
            Verdict::Gone => log::warn!("{name} answered 410: it is told nothing until a restart"),
        }
        self.store.settle_delivery(&SettleDelivery {
            delivery: due.id,
            send,
            endpoint: endpoint.key.clone(),
            verdict,
            status: answer.status(),
            reason: answer.reason(),
        })?;
        Ok(true)
    }

    /// Tells each endpoint of an event that did not happen, and what each answered.
    #[must_use]
    pub fn test(&self) -> Vec<(&WebhookEndpoint, WebhookAnswer)> {
        let event = WebhookEvent {
            id: WebhookId::random(&*self.entropy),
            sequence: 0,
            kind: WebhookKind::Test.as_str().to_owned(),
            at: self.clock.now(),
            user: None,
            link: None,
            reason: None,
            changes: Vec::new(),
        };
        let endpoints = self.endpoints.iter();
        endpoints
            .map(|endpoint| (endpoint, self.sender.send(endpoint, &event)))
            .collect()
    }

    /// One page of deliveries, those of the newest events first.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn deliveries(&self, query: &DeliveryQuery) -> Result<Page<DeliveryRecord>, PortError> {
        self.store.deliveries(query)
    }

    /// Makes a delivery due at once, as if it had never been sent; `false` where there is none, or
    /// nobody names its endpoint any more.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn replay(&self, delivery: DeliveryId) -> Result<bool, PortError> {
        self.store.replay_delivery(delivery)
    }

    /// Makes all events from `since` on due at once: for this endpoint or for all, also those that
    /// happened before it was known. Returns how many deliveries that are.
    ///
    /// # Errors
    /// [`PortError`]; those before it are due.
    pub fn replay_since(
        &self,
        since: DateTime<Utc>,
        only: Option<&EndpointKey>,
    ) -> Result<u64, PortError> {
        let all = self.endpoints.iter().cloned();
        let (asked, others): (Vec<_>, Vec<_>) =
            all.partition(|endpoint| only.is_none_or(|only| *only == endpoint.key));
        // Another that was gone stays so.
        self.store.enrol_endpoints(&asked, true)?;
        self.store.enrol_endpoints(&others, false)?;
        let mut replay = Replay {
            since,
            endpoints: asked.into_iter().map(|endpoint| endpoint.key).collect(),
            after: 0,
            limit: Self::BATCH,
        };
        let mut count = 0;
        loop {
            let done = self.store.replay_events(&replay)?;
            count += done.deliveries;
            match done.last {
                Some(last) => replay.after = last,
                None => return Ok(count),
            }
        }
    }
}
