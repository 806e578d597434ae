#![doc = include_str!("../README.md")]

mod base_url;
pub mod budget;
mod call;
mod client;
mod config;
mod endpoint;
pub mod endpoints;
mod error;
mod headers;
mod pages;
mod secret;
mod transport;
mod wire;

pub use base_url::{BaseUrl, InvalidUrl};
pub use call::{Call, Urgency};
pub use client::Client;
pub use config::Config;
pub use endpoint::{Auth, Endpoint, Host, Method, Paged};
pub use endpoints::DeviceToken;
pub use error::{Class, Edge, Error, Fault, Outcome, Refusal};
pub use headers::RateLimit;
pub use pages::{Coverage, Gap, Incomplete, Page, Pages};
pub use secret::{AccessToken, AuthorizationCode, ClientSecret, DeviceCode, RefreshToken};
pub use transport::{RawReply, RawRequest, Transport, TransportError, UreqTransport};
pub use url::Url;
pub use wire::{
    AccountActivity, AccountSettings, Action, Activity, Airs, BadItem, Batch, CalendarMovie,
    CalendarShow, Changed, CheckedIn, Collect, CollectedEpisode, CollectedMovie, CollectedSeason,
    CollectedShow, Counts, DeviceCodeGrant, Entry, Episode, EpisodeEntry, EpisodeProgress,
    EpisodeType, Extent, Favorites, HiddenItem, HistoryItem, IdType, Ids, Images, Items, Kind,
    LastActivities, ListItem, ListLimits, ListState, Media, MediaStats, MissingEpisode,
    MissingSeason, MissingShow, Movie, Named, NotFound, Note, PathId, Percent, Permissions, Person,
    Plain, Play, PlaybackItem, Played, PlayedEpisode, PlayedMovie, Playing, PlexIds, Profile,
    ProgressReset, Rate, Rating, RatingItem, RatingStats, Scrobbled, SearchResult, Season,
    SeasonEntry, SeasonEpisode, SeasonProgress, Seasons, Settings, SettingsUser, Show, ShowEntry,
    ShowSeason, Stats, Status, TokenGrant, UpNextItem, Updated, UserLimits, WatchedAt,
    WatchedEpisode, WatchedMovie, WatchedProgress, WatchedSeason, WatchedShow,
};
