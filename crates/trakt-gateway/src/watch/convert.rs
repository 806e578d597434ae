//! Items of Trakt's lists as rows. `None` is one that cannot be held: it is about something
//! without a number, or something that is unknown here.

use trakt_api::{
    HiddenItem, HistoryItem, Ids, LastActivities, ListItem, Media, PlaybackItem, RatingItem, Show,
    WatchedShow,
};
use trakt_core::watch::{Activities, Episode, Fact, Item, MediaIds, Row, Titled};

use crate::convert::text;

pub fn activities(last: &LastActivities) -> Activities {
    Activities {
        movies_watched: last.movies.watched_at,
        episodes_watched: last.episodes.watched_at,
        movies_paused: last.movies.paused_at,
        episodes_paused: last.episodes.paused_at,
        movies_rated: last.movies.rated_at,
        shows_rated: last.shows.rated_at,
        seasons_rated: last.seasons.rated_at,
        episodes_rated: last.episodes.rated_at,
        watchlist: last.watchlist.updated_at,
        shows_hidden: last.shows.hidden_at,
        shows_dropped: last.shows.dropped_at,
    }
}

pub fn ids(given: &Ids) -> Option<MediaIds> {
    Some(MediaIds {
        trakt: given.trakt?,
        slug: given.slug.as_deref().map(text),
        imdb: given.imdb.as_deref().map(text),
        tmdb: given.tmdb,
        tvdb: given.tvdb,
    })
}

fn titled(given: &Ids, title: Option<&str>, year: Option<i32>) -> Option<Titled> {
    Some(Titled {
        ids: ids(given)?,
        title: title.map(text),
        year,
    })
}

pub fn show(show: &Show) -> Option<Titled> {
    titled(&show.ids, show.title.as_deref(), show.year)
}

fn number(number: u32) -> Option<i32> {
    i32::try_from(number).ok()
}

pub fn item(media: Media) -> Option<Item> {
    Some(match media {
        Media::Movie(movie) => Item::Movie(titled(&movie.ids, movie.title.as_deref(), movie.year)?),
        Media::Show(given) => Item::Show(show(&given)?),
        Media::Season { season, show: of } => Item::Season {
            show: show(&*of?)?,
            ids: ids(&season.ids)?,
            number: number(season.number)?,
        },
        Media::Episode { episode, show: of } => Item::Episode {
            show: show(&*of?)?,
            episode: Episode {
                ids: ids(&episode.ids)?,
                season: number(episode.season)?,
                number: number(episode.number)?,
                title: episode.title.as_deref().map(text),
            },
        },
        _ => return None,
    })
}

/// Something that can be played.
fn playable(media: Media) -> Option<Item> {
    let playable = matches!(media, Media::Movie(_) | Media::Episode { .. });
    playable.then(|| item(media)).flatten()
}

/// A row whose key is the number of what it is about.
fn of_item(media: Media, fact: Fact) -> Option<Row> {
    let item = item(media)?;
    let key = item.ids().trakt;
    Some(Row { key, item, fact })
}

pub fn play(given: HistoryItem) -> Option<Row> {
    Some(Row {
        key: given.id,
        item: playable(given.media)?,
        fact: Fact::Play {
            watched_at: given.watched_at,
            action: given.action.map(|action| text(action.as_str())),
        },
    })
}

pub fn watching(given: WatchedShow) -> Option<Row> {
    let reset_at = given.reset_at;
    of_item(
        Media::Show(Box::new(given.show)),
        Fact::Watching { reset_at },
    )
}

pub fn resume(given: PlaybackItem) -> Option<Row> {
    Some(Row {
        key: given.id,
        item: playable(given.media)?,
        fact: Fact::Resume {
            progress: given.progress,
            paused_at: given.paused_at,
        },
    })
}

pub fn rating(given: RatingItem) -> Option<Row> {
    let fact = Fact::Rating {
        rating: (1..=10)
            .contains(&given.rating)
            .then(|| i16::from(given.rating))?,
        rated_at: given.rated_at,
    };
    of_item(given.media, fact)
}

pub fn listed(given: ListItem) -> Option<Row> {
    Some(Row {
        key: given.id?,
        item: item(given.media)?,
        fact: Fact::Listed {
            rank: given.rank.and_then(|rank| i64::try_from(rank).ok()),
            listed_at: given.listed_at,
            notes: given.notes.as_deref().map(text),
        },
    })
}

pub fn hidden(given: HiddenItem) -> Option<Row> {
    let hidden_at = given.hidden_at;
    match given.media {
        show @ Media::Show(_) => of_item(show, Fact::Hidden { hidden_at }),
        _ => None,
    }
}
