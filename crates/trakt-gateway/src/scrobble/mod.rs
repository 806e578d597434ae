//! Writing at Trakt: each deed by the call that does it.

mod body;
mod look_up;

use std::time::Duration;

use chrono::{DateTime, Utc};
use trakt_api::endpoints::{
    AddRatings, AddToHistory, AddToWatchlist, GetHistory, HiddenFrom, HideMovie, HideShow,
    HistoryOf, RemoveFromHistory, RemoveFromWatchlist, RemoveHidden, RemoveRatings, ScrobblePause,
    ScrobbleStart, ScrobbleStop,
};
use trakt_api::{
    Batch, Call, Changed, Class, Coverage, Endpoint, Error, Gap, Outcome, Percent, Scrobbled,
};
use trakt_core::ports::{SendFault, TraktFault, TraktScrobble};
use trakt_core::scrobble::{Deed, Sought, Target, Waiting, Written};
use trakt_core::watch::{Item, ItemKind};
use trakt_core::{AccessToken, UserId};

use crate::Gateway;
use crate::error::fault;

/// How long a call may take, a wait for its turn included.
const WITHIN: Duration = Duration::from_secs(10);

impl TraktScrobble for Gateway {
    fn look_up(&self, sought: &Sought, within: Duration) -> Result<Option<Item>, TraktFault> {
        look_up::look_up(&self.reader, sought, within)
    }

    fn plays(
        &self,
        user: UserId,
        token: &AccessToken,
        of: Target,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<(i64, DateTime<Utc>)>, TraktFault> {
        let token = trakt_api::AccessToken::from(token.expose().to_owned());
        let user = user.to_string();
        let call = Call::of(&token).user(&user).within(WITHIN);
        let history = GetHistory {
            of: match of.kind {
                ItemKind::Movie => HistoryOf::Movie(of.trakt),
                _ => HistoryOf::Episode(of.trakt),
            },
            start_at: Some(since),
            end_at: Some(until),
            extended: None,
        };
        let (mut plays, mut pages) = (Vec::new(), self.reader.pages(&history, call));
        for page in &mut pages {
            let items = match page {
                Ok(page) => page.items,
                // What Trakt does not know has no plays.
                Err(error) if error.class() == Some(&Class::NotFound) => return Ok(plays),
                Err(error) => return Err(fault(error)),
            };
            let times = items.into_iter();
            plays.extend(times.filter_map(|play| Some((play.id, play.watched_at?))));
        }
        match pages.coverage() {
            // Counts that are wrong may be wrong for ever.
            Coverage::Complete | Coverage::Incomplete(Gap::Miscounted { .. }) => Ok(plays),
            // A play that was not seen would be sent again.
            Coverage::Incomplete(gap) => Err(TraktFault::Unavailable {
                detail: gap.to_string(),
                retry_after: None,
            }),
        }
    }

    fn send(
        &self,
        user: UserId,
        token: &AccessToken,
        deed: Deed,
        writes: &[Waiting],
    ) -> Result<Vec<Written>, SendFault> {
        let token = trakt_api::AccessToken::from(token.expose().to_owned());
        let user = user.to_string();
        let call = Call::of(&token).user(&user).within(WITHIN);
        let nothing = &Batch::default();
        match deed {
            Deed::AddPlay => {
                let plays = &body::plays(writes);
                let changed = self.changed(&AddToHistory { plays }, call)?;
                Ok(plays_taken(&changed, writes, known(&changed, writes)))
            }
            Deed::RemovePlay => {
                let ids: Vec<i64> = writes.iter().filter_map(|write| write.play).collect();
                let removal = RemoveFromHistory {
                    ids: &ids,
                    all_of: nothing,
                };
                // What is not there any more is what was wanted.
                self.changed(&removal, call)?;
                Ok(confirmed(writes))
            }
            Deed::Rate => {
                let ratings = &body::ratings(writes);
                self.batch(&AddRatings { ratings }, call, writes)
            }
            Deed::Unrate => {
                let items = &body::things(writes);
                self.changed(&RemoveRatings { items }, call)?;
                Ok(confirmed(writes))
            }
            Deed::List => {
                let items = &body::things(writes);
                self.batch(&AddToWatchlist { items }, call, writes)
            }
            Deed::Unlist => {
                let items = &body::things(writes);
                self.changed(&RemoveFromWatchlist { items }, call)?;
                Ok(confirmed(writes))
            }
            Deed::Hide => {
                let of = writes.first().and_then(|write| write.item);
                let of = of.ok_or(SendFault::Refused("not_found"))?;
                self.hide(of, call)?;
                Ok(confirmed(writes))
            }
            Deed::Show => {
                let items = &body::titles(writes);
                let from = HiddenFrom::Recommendations;
                self.changed(&RemoveHidden { from, items }, call)?;
                Ok(confirmed(writes))
            }
            Deed::Start | Deed::Pause | Deed::Stop => {
                let write = writes.first().ok_or(SendFault::Refused("nothing"))?;
                Ok(vec![self.player(deed, write, call)?])
            }
            _ => Err(SendFault::Refused("unknown_deed")),
        }
    }
}

fn confirmed(writes: &[Waiting]) -> Vec<Written> {
    vec![Written::confirmed(None); writes.len()]
}

/// What Trakt did not know, by name, and all else as confirmed.
fn known(changed: &Changed, writes: &[Waiting]) -> Vec<Written> {
    let unknown = |of: Target| {
        let missing = match of.kind {
            ItemKind::Movie => &changed.not_found.movies,
            ItemKind::Season => &changed.not_found.seasons,
            ItemKind::Episode => &changed.not_found.episodes,
            _ => {
                let mut shows = changed.not_found.shows.items.iter();
                return shows.any(|show| show.ids.trakt == Some(of.trakt));
            }
        };
        let mut missing = missing.items.iter();
        missing.any(|thing| thing.ids.trakt == Some(of.trakt))
    };
    let became = |write: &Waiting| match write.item {
        Some(of) if !unknown(of) => Written::confirmed(None),
        _ => Written::Refused("not_found"),
    };
    writes.iter().map(became).collect()
}

/// Plays are confirmed where Trakt counts as many as were sent. Where it counts fewer, nobody knows
/// which: they are read back, and those that are not there sent again, each alone. One that was
/// sent alone and is not counted Trakt will not take. A play that passed for one that Trakt has
/// would be lost.
fn plays_taken(changed: &Changed, writes: &[Waiting], written: Vec<Written>) -> Vec<Written> {
    let counts = [&changed.added, &changed.updated, &changed.existing];
    let taken: u64 = counts
        .iter()
        .map(|counts| counts.movies.saturating_add(counts.episodes))
        .fold(0, u64::saturating_add);
    let is_taken = |one: &&Written| matches!(one, Written::Confirmed { .. });
    let expected = written.iter().filter(is_taken).count();
    if taken >= expected as u64 {
        return written;
    }
    let became = |(write, one): (&Waiting, Written)| match one {
        Written::Confirmed { .. } if write.alone => Written::Refused("not_taken"),
        Written::Confirmed { .. } => Written::Unknown,
        other => other,
    };
    writes.iter().zip(written).map(became).collect()
}

impl Gateway {
    fn hide(&self, of: Target, call: Call<'_>) -> Result<(), SendFault> {
        let id = of.trakt.into();
        let hidden = match of.kind {
            ItemKind::Movie => self.reader.send(&HideMovie { movie: id }, call),
            _ => self.reader.send(&HideShow { show: id }, call),
        };
        hidden.map(drop).map_err(send_fault)
    }

    fn changed<E: Endpoint<Reply = Changed>>(
        &self,
        endpoint: &E,
        call: Call<'_>,
    ) -> Result<Changed, SendFault> {
        self.reader.send(endpoint, call).map_err(send_fault)
    }

    /// Makes a call for many, and tells what Trakt did not know from what it took.
    fn batch<E: Endpoint<Reply = Changed>>(
        &self,
        endpoint: &E,
        call: Call<'_>,
        writes: &[Waiting],
    ) -> Result<Vec<Written>, SendFault> {
        Ok(known(&self.changed(endpoint, call)?, writes))
    }

    fn player(&self, deed: Deed, write: &Waiting, call: Call<'_>) -> Result<Written, SendFault> {
        let of = write.item.ok_or(SendFault::Refused("not_found"))?;
        let progress = write.number.and_then(Percent::new);
        let progress = progress.ok_or(SendFault::Refused("unprocessable"))?;
        let playing = &body::playing(of);
        let told: Result<Scrobbled, Error> = match deed {
            Deed::Start => self.reader.send(&ScrobbleStart { playing, progress }, call),
            Deed::Pause => self.reader.send(&ScrobblePause { playing, progress }, call),
            _ => self.reader.send(&ScrobbleStop { playing, progress }, call),
        };
        match told {
            Ok(told) if deed == Deed::Stop && told.is_watched() => Ok(Written::Confirmed {
                play: (told.id > 0).then_some(told.id),
                at: None,
                reason: None,
            }),
            Ok(_) if deed == Deed::Stop && deed.part(write.number) == Deed::AddPlay.part(None) => {
                Ok(Written::Paused)
            }
            Ok(_) => Ok(Written::confirmed(None)),
            // It was counted moments ago: by this write before its answer was lost, or by another.
            Err(error) => match error.class() {
                Some(Class::Conflict { watched_at, .. }) => Ok(Written::Confirmed {
                    play: None,
                    at: *watched_at,
                    reason: Some("already_there"),
                }),
                _ => Err(send_fault(error)),
            },
        }
    }
}

/// Why a write came to nothing: whether it is known to have had no effect, and whether it ever will.
fn send_fault(error: Error) -> SendFault {
    let unknown = error.outcome() == Outcome::Unknown;
    match error.class() {
        Some(Class::NotFound) => return SendFault::Refused("not_found"),
        Some(Class::AccountLimit { .. }) => return SendFault::Refused("account_limit"),
        Some(Class::Unprocessable) => return SendFault::Refused("unprocessable"),
        Some(Class::VipOnly { .. }) => return SendFault::Refused("vip_only"),
        Some(Class::Conflict { .. }) => return SendFault::Refused("conflict"),
        Some(Class::Precondition | Class::Other) if !unknown => {
            return SendFault::Refused("refused_by_trakt");
        }
        _ => {}
    }
    if unknown {
        return SendFault::Unknown {
            detail: error.to_string(),
            retry_after: error.retry_after(),
        };
    }
    SendFault::Trakt(fault(error))
}
