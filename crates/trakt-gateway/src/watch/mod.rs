//! What a user watches at Trakt: each part by the list that has it.

mod catalogue;
pub mod convert;

use std::time::Duration;

use trakt_api::endpoints::{
    GetHiddenShows, GetHistory, GetLastActivities, GetPlayback, GetRatings, GetWatchedShows,
    GetWatchlist, HiddenFrom, HistoryOf, Of,
};
use trakt_api::{Call, Coverage, Error, Paged};
use trakt_core::ports::{PageSink, ReadFault, Reading, TraktFault, TraktWatch};
use trakt_core::watch::{Activities, Part, Row};
use trakt_core::{AccessToken, UserId};

use crate::Gateway;
use crate::error::fault;

/// How long a call may take, a wait for its turn included.
const WITHIN: Duration = Duration::from_secs(15);
/// How often a page is asked for that did not come. A list of hundreds of pages would else hardly
/// ever be read to its end.
const TRIES: u32 = 6;
/// How long to wait for the next try where Trakt does not say; twice as long each time.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest wait for a page: a user's budget is full again after five minutes. Where Trakt says
/// more, the pull ends, and a later one begins anew.
const LONGEST: Duration = Duration::from_secs(330);

impl TraktWatch for Gateway {
    fn activities(&self, user: UserId, token: &AccessToken) -> Result<Activities, TraktFault> {
        let token = trakt_api::AccessToken::from(token.expose().to_owned());
        let user = user.to_string();
        let call = Call::of(&token).user(&user).background().within(WITHIN);
        let last = self.reader.send(&GetLastActivities, call).map_err(fault)?;
        Ok(convert::activities(&last))
    }

    fn read(
        &self,
        part: Part,
        user: UserId,
        token: &AccessToken,
        into: &mut dyn PageSink,
    ) -> Result<Reading, ReadFault> {
        let token = trakt_api::AccessToken::from(token.expose().to_owned());
        let user = user.to_string();
        let call = Call::of(&token).user(&user).background().within(WITHIN);
        let plays = |of| GetHistory {
            of,
            ..GetHistory::default()
        };
        let ratings = |of| GetRatings {
            of,
            ..GetRatings::default()
        };
        let hidden = |from| GetHiddenShows {
            from,
            extended: None,
        };
        let (movies, episodes) = (HistoryOf::Movies, HistoryOf::Episodes);
        let (watched, dropped) = (HiddenFrom::ProgressWatched, HiddenFrom::Dropped);
        match part {
            Part::MoviePlays => self.pages(&plays(movies), call, into, convert::play),
            Part::EpisodePlays => self.pages(&plays(episodes), call, into, convert::play),
            Part::Shows => {
                let shows = GetWatchedShows::default();
                self.pages(&shows, call, into, convert::watching)
            }
            Part::Playback => {
                let playback = GetPlayback::default();
                self.pages(&playback, call, into, convert::resume)
            }
            Part::MovieRatings => self.pages(&ratings(Of::Movies), call, into, convert::rating),
            Part::ShowRatings => self.pages(&ratings(Of::Shows), call, into, convert::rating),
            Part::SeasonRatings => self.pages(&ratings(Of::Seasons), call, into, convert::rating),
            Part::EpisodeRatings => self.pages(&ratings(Of::Episodes), call, into, convert::rating),
            Part::Watchlist => {
                let list = GetWatchlist::default();
                self.pages(&list, call, into, convert::listed)
            }
            Part::Hidden => self.pages(&hidden(watched), call, into, convert::hidden),
            Part::Dropped => self.pages(&hidden(dropped), call, into, convert::hidden),
            _ => Ok(Reading::Partial {
                detail: "nobody knows how to read it".to_owned(),
            }),
        }
    }
}

impl Gateway {
    /// Reads a list to its end. What has no row is left out, and the list is then not whole.
    fn pages<E: Paged>(
        &self,
        endpoint: &E,
        call: Call<'_>,
        into: &mut dyn PageSink,
        row: impl Fn(E::Item) -> Option<Row>,
    ) -> Result<Reading, ReadFault> {
        let mut pages = self.reader.pages(endpoint, call);
        let (mut tries, mut strange) = (1, 0_usize);
        while let Some(page) = pages.next() {
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    let pause = PAUSE.saturating_mul(2_u32.saturating_pow(tries - 1));
                    let pause = error.retry_after().unwrap_or(pause);
                    // For what was not even sent there is room after the wait.
                    let again = matches!(error, Error::OverBudget { .. });
                    tries += u32::from(!again);
                    if !error.retryable() || tries > TRIES || pause > LONGEST {
                        return Err(fault(error).into());
                    }
                    into.wait(pause)?;
                    pages.resume();
                    continue;
                }
            };
            tries = 1;
            let sent = page.items.len();
            let rows: Vec<Row> = page.items.into_iter().filter_map(&row).collect();
            strange += sent - rows.len();
            into.page(rows)?;
        }
        Ok(match pages.coverage() {
            Coverage::Complete if strange == 0 => Reading::Whole,
            Coverage::Complete => Reading::Partial {
                detail: format!("{strange} items are about something that has no number"),
            },
            Coverage::Incomplete(gap) => Reading::Partial {
                detail: gap.to_string(),
            },
        })
    }
}
