//! Lists in pages: one page in memory, and at the end whether all was seen.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::client::read;
use crate::headers::Pagination;
use crate::{BadItem, Call, Client, Error, Items, Paged, RawReply, RawRequest};

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Which, from 1.
    pub number: u32,
    /// Its items, in Trakt's order.
    pub items: Vec<T>,
    /// Those that could not be read. With any, the list is not [`Coverage::Complete`].
    pub bad: Vec<BadItem>,
    /// How many items the whole list has by Trakt's word, which is not always true.
    pub total: Option<u64>,
}

/// Whether a list was seen as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of it, as far as Trakt's answers can tell.
    Complete,
    /// Not all of it, or nobody knows: what is missing here may be there all the same. Delete
    /// nothing because of it.
    Incomplete(Gap),
}

/// Why a list was not seen as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Gap {
    /// The reading has not come to the end of the list.
    #[error("it was not read to its end")]
    Unfinished,
    /// Some of it was read before.
    #[error("some of it was read before")]
    Begun,
    /// A page could not be had: see [`Pages::resume`].
    #[error("page {page} could not be had")]
    Failed {
        /// Which page.
        page: u32,
    },
    /// Items could not be read.
    #[error("page {page} has items that cannot be read")]
    BadItems {
        /// The first page that had some.
        page: u32,
    },
    /// Its counts or the length of its pages changed while it was read: items may have moved from
    /// a page that was still to come to one that was read before.
    #[error("it changed while it was read")]
    Changed,
    /// Trakt counted another number of items than it sent.
    #[error("{stated} items were stated and {sent} sent")]
    Miscounted {
        /// How many the last answer stated.
        stated: u64,
        /// How many were sent.
        sent: u64,
    },
    /// Another page came than the one that was asked for, or the same page twice.
    #[error("page {page} is not the one that was asked for")]
    WrongPage {
        /// Which was asked for.
        page: u32,
    },
    /// It has more pages than are read ([`Pages::at_most`]).
    #[error("it has more pages than are read")]
    TooLong,
}

/// A list that was not seen as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list is incomplete: {gap}")]
pub struct Incomplete {
    /// Why.
    pub gap: Gap,
    /// The error that ended the reading, where one did.
    #[source]
    pub error: Option<Error>,
}

/// What each answer must state alike, or the list has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stated {
    limit: Option<u64>,
    pages: Option<u64>,
    items: Option<u64>,
}

/// The pages of a list, one call for each: an iterator that asks for a page when it is wanted.
///
/// It follows `X-Pagination-Page-Count`, checks what was sent against `X-Pagination-Item-Count`,
/// and bears that Trakt cuts a `limit` down without a word. Where the counts cannot be believed
/// ([`Paged::COUNTED`], `x-trakt-server: rails`) or are missing, a page that is shorter than
/// `X-Pagination-Limit` or empty ends the list. After an error it gives nothing more, until it is
/// told to [resume](Self::resume).
///
/// A page is only the whole truth once [`Self::coverage`] says [`Coverage::Complete`]: a list that
/// was left early, failed, changed meanwhile, has items that cannot be read, or whose counts do
/// not add up never does. What nobody can see is a change that leaves the counts as they were: an
/// item added and another removed between two pages, and any change of a list that is not counted.
#[derive(Debug)]
pub struct Pages<'a, E> {
    client: &'a Client,
    endpoint: &'a E,
    call: Call<'a>,
    limit: u32,
    at_most: u32,
    /// The page that is asked for next, from 1.
    next: u32,
    sent: u64,
    stated: Option<Stated>,
    /// The body of the page before, as a hash.
    before: Option<u64>,
    gap: Option<Gap>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    Failed,
    Ended,
}

impl<'a, E: Paged> Pages<'a, E> {
    /// The most pages that are read where nothing else is said: 2.5 million items at 250 a page.
    pub const AT_MOST: u32 = 10_000;

    pub(crate) fn of(client: &'a Client, endpoint: &'a E, call: Call<'a>) -> Self {
        Self {
            client,
            endpoint,
            call,
            limit: E::MAX_LIMIT,
            at_most: Self::AT_MOST,
            next: 1,
            sent: 0,
            stated: None,
            before: None,
            gap: None,
            state: State::Reading,
        }
    }

    /// How many items a page is to have: 1 to [`Paged::MAX_LIMIT`], which it is without this. After
    /// the first page it changes nothing: the pages would be others.
    #[must_use]
    pub fn limit(self, limit: u32) -> Self {
        Self {
            limit: match self.begun() {
                true => self.limit,
                false => limit.clamp(1, E::MAX_LIMIT),
            },
            ..self
        }
    }

    /// Whether a page was given.
    fn begun(&self) -> bool {
        self.before.is_some()
    }

    /// How many pages are read at the most, so that a server that never ends a list does not
    /// either: [`Self::AT_MOST`] without this, and never less than one.
    #[must_use]
    pub fn at_most(self, pages: u32) -> Self {
        Self {
            at_most: pages.max(1),
            ..self
        }
    }

    /// Whether everything was seen. Before the end, and after an error, it was not.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        match (self.state, self.gap) {
            (State::Failed, _) => Coverage::Incomplete(Gap::Failed { page: self.next }),
            (_, Some(gap)) => Coverage::Incomplete(gap),
            (State::Reading, None) => Coverage::Incomplete(Gap::Unfinished),
            (State::Ended, None) => Coverage::Complete,
        }
    }

    /// After an error: lets the next call of [`Iterator::next`] ask for the same page again. It may
    /// be [waited](Error::retry_after) before. Otherwise it does nothing.
    pub fn resume(&mut self) {
        if self.state == State::Failed {
            self.state = State::Reading;
        }
    }

    /// Reads all pages and gives all items, or none where not all was seen.
    ///
    /// # Errors
    /// [`Incomplete`], also where pages were read before: their items are not here.
    pub fn everything(mut self) -> Result<Vec<E::Item>, Incomplete> {
        if self.begun() {
            let (gap, error) = (Gap::Begun, None);
            return Err(Incomplete { gap, error });
        }
        let mut items = Vec::new();
        let mut error = None;
        for page in &mut self {
            match page {
                Ok(page) => items.extend(page.items),
                Err(failed) => error = Some(failed),
            }
        }
        match self.coverage() {
            Coverage::Complete => Ok(items),
            Coverage::Incomplete(gap) => Err(Incomplete { gap, error }),
        }
    }

    /// What is to be sent for the next page, for those who send it by means of their own; `None`
    /// where there is no next. [`Self::answer`] takes what came back. If nothing did, the next
    /// request is the same again.
    ///
    /// ```
    /// use trakt_api::endpoints::GetHistory;
    /// use trakt_api::{Call, Client, Coverage, Error, RawReply, RawRequest, TransportError};
    ///
    /// # struct Http;
    /// # impl Http {
    /// #     async fn send(&self, _: RawRequest) -> Result<RawReply, TransportError> {
    /// #         Err(TransportError::NotSent("there is no network".to_owned()))
    /// #     }
    /// # }
    /// async fn count(client: &Client, http: &Http, call: Call<'_>) -> Result<usize, Error> {
    ///     let history = GetHistory::default();
    ///     let (mut pages, mut plays) = (client.pages(&history, call), 0);
    ///     while let Some(request) = pages.request() {
    ///         if let Some(page) = pages.answer(http.send(request?).await?) {
    ///             plays += page?.items.len();
    ///         }
    ///     }
    ///     if pages.coverage() != Coverage::Complete {
    ///         println!("at least {plays}");
    ///     }
    ///     Ok(plays)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unbuildable`].
    pub fn request(&self) -> Option<Result<RawRequest, Error>> {
        let reading = self.state == State::Reading;
        reading.then(|| self.client.build(self.endpoint, self.call, &self.asked()))
    }

    /// The page that came for a [`Self::request`]; `None` where it is none of the list, which has
    /// then come to its end.
    ///
    /// # Errors
    /// [`Error::Refused`] and [`Error::Unreadable`]. See [`Self::resume`].
    pub fn answer(&mut self, reply: RawReply) -> Option<Result<Page<E::Item>, Error>> {
        if self.state != State::Reading {
            return None;
        }
        let page = self.read(reply);
        if page.is_err() {
            self.state = State::Failed;
        }
        page.transpose()
    }

    fn asked(&self) -> [(&'static str, String); 2] {
        [
            ("page", self.next.to_string()),
            ("limit", self.limit.to_string()),
        ]
    }

    fn read(&mut self, reply: RawReply) -> Result<Option<Page<E::Item>>, Error> {
        let number = self.next;
        if !(200..=299).contains(&reply.status) {
            return Err(Error::refused(reply));
        }
        // An answer without a list is not an empty one: whoever compares would delete it all.
        let list: Items<E::Item> = read(&reply)?;
        let head = Pagination::read(&reply);
        let mut hasher = DefaultHasher::new();
        reply.body.hash(&mut hasher);
        let body = Some(hasher.finish());
        let sent = u64::try_from(list.sent()).unwrap_or(u64::MAX);

        let wrong = head.page.is_some_and(|page| page != u64::from(number));
        if wrong || body == self.before {
            self.end_with(Gap::WrongPage { page: number });
            return Ok(None);
        }
        self.before = body;
        self.sent = self.sent.saturating_add(sent);
        if !list.bad.is_empty() {
            self.miss(Gap::BadItems { page: number });
        }
        self.follow(&head, sent);
        Ok(Some(Page {
            number,
            items: list.items,
            bad: list.bad,
            total: head.items,
        }))
    }

    /// Goes on to the next page, or ends.
    fn follow(&mut self, head: &Pagination, sent: u64) {
        let counts = match E::COUNTED && !head.rails {
            true => head.pages.zip(head.items),
            false => None,
        };
        // Counts that are wrong are still to be wrong alike.
        let stated = Stated {
            limit: head.limit,
            pages: head.pages.filter(|_| E::COUNTED),
            items: head.items.filter(|_| E::COUNTED),
        };
        if *self.stated.get_or_insert(stated) != stated {
            self.miss(Gap::Changed);
        }
        // Counts that are not trusted enough to end the list may keep it going.
        let more = E::COUNTED && head.pages.is_some_and(|pages| u64::from(self.next) < pages);
        let short = head.limit.is_some_and(|limit| sent < limit);
        let end = match counts {
            Some((pages, _)) => u64::from(self.next) >= pages || sent == 0,
            None => sent == 0 || (short && !more),
        };
        if !end {
            match self.next >= self.at_most {
                true => self.end_with(Gap::TooLong),
                false => self.next += 1,
            }
            return;
        }
        self.state = State::Ended;
        if let Some((_, stated)) = counts
            && stated != self.sent
        {
            let sent = self.sent;
            self.miss(Gap::Miscounted { stated, sent });
        }
    }

    fn end_with(&mut self, gap: Gap) {
        self.state = State::Ended;
        self.miss(gap);
    }

    /// The first gap is the one that is told.
    fn miss(&mut self, gap: Gap) {
        self.gap.get_or_insert(gap);
    }
}

impl<E: Paged> Iterator for Pages<'_, E> {
    type Item = Result<Page<E::Item>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state != State::Reading {
            return None;
        }
        match self.client.raw(self.endpoint, self.call, &self.asked()) {
            Ok(reply) => self.answer(reply),
            Err(error) => {
                self.state = State::Failed;
                Some(Err(error))
            }
        }
    }
}
