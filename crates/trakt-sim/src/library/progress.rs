//! How far an account is in a show.

use super::Library;
use crate::catalogue::{Catalogue, Item};
use crate::time::MINUTE;

/// What is asked of `GET /shows/{id}/progress/watched`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// Shows the specials.
    pub(crate) specials: bool,
    /// Counts the specials that are shown.
    pub(crate) count_specials: bool,
    /// Shows and counts the hidden seasons.
    pub(crate) hidden: bool,
    /// Goes on from what was watched last, not from what comes last in the show.
    pub(crate) from_last_activity: bool,
}

/// An aired episode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EpisodeProgress {
    pub(crate) episode: u32,
    /// Watched, and since the reset if there was one.
    pub(crate) completed: bool,
    /// 0 for never.
    pub(crate) last: u64,
    pub(crate) plays: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct SeasonProgress {
    pub(crate) season: u32,
    pub(crate) episodes: Vec<EpisodeProgress>,
}

impl SeasonProgress {
    pub(crate) fn completed(&self) -> usize {
        self.episodes.iter().filter(|e| e.completed).count()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct ShowProgress {
    pub(crate) aired: usize,
    pub(crate) completed: usize,
    /// 0 for never.
    pub(crate) last: u64,
    pub(crate) reset_at: Option<u64>,
    /// Those of which something has aired.
    pub(crate) seasons: Vec<SeasonProgress>,
    pub(crate) hidden_seasons: Vec<u32>,
    pub(crate) next: Option<u32>,
    pub(crate) last_episode: Option<u32>,
}

impl Library {
    pub(crate) fn progress(
        &mut self,
        catalogue: &Catalogue,
        show: u32,
        now: u64,
        wanted: Wanted,
    ) -> ShowProgress {
        let reset_at = self.resets.get(&show).copied();
        let (mut seasons, mut hidden_seasons) = (Vec::new(), Vec::new());
        for index in catalogue.show(show).seasons.clone() {
            let hidden = self.is_hidden(super::Section::ProgressWatched, Item::Season(index));
            if hidden {
                hidden_seasons.push(index);
            }
            let special = catalogue.season(index).number == 0;
            if (hidden && !wanted.hidden) || (special && !wanted.specials) {
                continue;
            }
            let season = self.season_progress(catalogue, index, now, reset_at);
            if !season.episodes.is_empty() {
                seasons.push(season);
            }
        }
        let regular = |s: &&SeasonProgress| catalogue.season(s.season).number != 0;
        let counted = |s: &&SeasonProgress| wanted.count_specials || regular(s);
        let last = seasons.iter().flat_map(|s| &s.episodes).map(|e| e.last);
        let in_order: Vec<EpisodeProgress> = seasons
            .iter()
            .filter(regular)
            .flat_map(|season| season.episodes.iter().copied())
            .collect();
        let mut completed = in_order.iter().filter(|e| e.completed);
        let last_episode = if wanted.from_last_activity {
            completed.max_by_key(|e| e.last)
        } else {
            completed.next_back()
        };
        let last_episode = last_episode.map(|e| e.episode);
        let next = in_order
            .iter()
            .find(|e| !e.completed && last_episode.is_none_or(|last| e.episode > last));
        ShowProgress {
            aired: seasons
                .iter()
                .filter(counted)
                .map(|s| s.episodes.len())
                .sum(),
            completed: seasons
                .iter()
                .filter(counted)
                .map(SeasonProgress::completed)
                .sum(),
            last: last.max().unwrap_or(0),
            reset_at,
            next: next.map(|e| e.episode),
            last_episode,
            seasons,
            hidden_seasons,
        }
    }

    fn season_progress(
        &mut self,
        catalogue: &Catalogue,
        index: u32,
        now: u64,
        reset_at: Option<u64>,
    ) -> SeasonProgress {
        let season = catalogue.season(index);
        let aired = season.episodes.start..season.episodes.start + season.aired(now);
        let watched = self.watched(catalogue);
        let mut counts = watched.episodes.range(aired.clone()).peekable();
        let episodes = aired.map(|episode| {
            let count = counts
                .next_if(|(index, _)| **index == episode)
                .map(|(_, count)| *count)
                .unwrap_or_default();
            EpisodeProgress {
                episode,
                completed: count.plays > 0 && reset_at.is_none_or(|reset| count.last >= reset),
                last: count.last,
                plays: count.plays,
            }
        });
        SeasonProgress {
            season: index,
            episodes: episodes.collect(),
        }
    }
}

/// `stats` of episodes: plays, minutes watched, minutes left.
pub(crate) fn stats<'a>(
    catalogue: &Catalogue,
    episodes: impl Iterator<Item = &'a EpisodeProgress>,
) -> (u64, u64, u64) {
    episodes.fold((0, 0, 0), |(plays, watched, left), e| {
        let minutes = catalogue.runtime(Item::Episode(e.episode)) / MINUTE;
        (
            plays + u64::from(e.plays),
            watched + minutes * u64::from(e.plays),
            left + if e.completed { 0 } else { minutes },
        )
    })
}
