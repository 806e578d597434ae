//! Things as every list shows them.

use serde::Serialize;
use trakt_core::watch::{Episode, Item, MediaIds, Titled};
use utoipa::ToSchema;

use crate::openapi::words;

/// The ids of a thing.
#[derive(Serialize, ToSchema)]
#[schema(as = Ids)]
pub struct IdsView {
    trakt: i64,
    slug: Option<String>,
    imdb: Option<String>,
    tmdb: Option<i64>,
    tvdb: Option<i64>,
}

impl From<MediaIds> for IdsView {
    fn from(ids: MediaIds) -> Self {
        Self {
            trakt: ids.trakt,
            slug: ids.slug,
            imdb: ids.imdb,
            tmdb: ids.tmdb,
            tvdb: ids.tvdb,
        }
    }
}

/// Trakt's id of a row; null while Trakt has not confirmed it.
pub fn trakts(id: i64) -> Option<i64> {
    (id > 0).then_some(id)
}

/// A movie, a show, or an episode with its place.
#[derive(Serialize, ToSchema)]
#[schema(as = Media)]
pub struct MediaView {
    title: Option<String>,
    year: Option<i32>,
    ids: IdsView,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    season: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    number: Option<i32>,
}

impl From<Titled> for MediaView {
    fn from(titled: Titled) -> Self {
        Self {
            title: titled.title,
            year: titled.year,
            ids: titled.ids.into(),
            season: None,
            number: None,
        }
    }
}

impl From<Episode> for MediaView {
    fn from(episode: Episode) -> Self {
        Self {
            title: episode.title,
            year: None,
            ids: episode.ids.into(),
            season: Some(episode.season),
            number: Some(episode.number),
        }
    }
}

/// What an item is about: its `type`, and the things beside it.
#[derive(Serialize, ToSchema)]
#[schema(as = Item)]
pub struct ItemView {
    #[schema(value_type = words::ItemKind)]
    r#type: &'static str,
    #[serde(flatten)]
    things: ThingsView,
}

/// The thing that something is about, and of which show it is.
#[derive(Serialize, ToSchema, Default)]
#[schema(as = Things)]
pub struct ThingsView {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MediaView, required = false)]
    movie: Option<MediaView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MediaView, required = false)]
    show: Option<MediaView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MediaView, required = false)]
    season: Option<MediaView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MediaView, required = false)]
    episode: Option<MediaView>,
}

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        Self {
            r#type: item.kind().as_str(),
            things: item.into(),
        }
    }
}

impl From<Item> for ThingsView {
    fn from(item: Item) -> Self {
        let mut view = Self::default();
        match item {
            Item::Movie(movie) => view.movie = Some(movie.into()),
            Item::Show(show) => view.show = Some(show.into()),
            Item::Season { show, ids, number } => {
                view.show = Some(show.into());
                view.season = Some(MediaView {
                    title: None,
                    year: None,
                    ids: ids.into(),
                    season: None,
                    number: Some(number),
                });
            }
            Item::Episode { show, episode } => {
                view.show = Some(show.into());
                view.episode = Some(episode.into());
            }
        }
        view
    }
}
