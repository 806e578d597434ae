//! The lines of an export. `docs/export.md` describes them for those who read them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::export::{ExportItem, ExportedWrite};
use trakt_core::link::Link;
use trakt_core::user::User;
use trakt_core::watch::{Item, ItemKind};
use uuid::Uuid;

use crate::http::audit::AuditView;
use crate::http::choice::ChoicesView;
use crate::http::watch::{SyncView, ThingsView, trakts};

type Time = Option<DateTime<Utc>>;

/// Which version of the format this is. It grows when a reader of the one before would go wrong.
const VERSION: u32 = 1;

/// A line: `type` says of what.
#[derive(Serialize)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Line {
    Export {
        version: u32,
        user: UserView,
        exported_at: DateTime<Utc>,
    },
    Link(LinkView),
    Settings(ChoicesView),
    Sync(Box<SyncView>),
    Mark {
        part: String,
        mark: String,
        rows: u64,
        read_at: DateTime<Utc>,
    },
    Play {
        id: Option<i64>,
        watched_at: Time,
        action: Option<String>,
        #[serde(flatten)]
        of: Of,
    },
    Playback {
        id: Option<i64>,
        progress: f64,
        paused_at: Time,
        #[serde(flatten)]
        of: Of,
    },
    Rating {
        rating: i16,
        rated_at: Time,
        #[serde(flatten)]
        of: Of,
    },
    Watchlist {
        id: Option<i64>,
        rank: Option<i64>,
        listed_at: Time,
        notes: Option<String>,
        #[serde(flatten)]
        of: Of,
    },
    Hidden {
        list: String,
        hidden_at: Time,
        #[serde(flatten)]
        of: Of,
    },
    Watching {
        reset_at: Time,
        last_watched_at: Time,
        completed: u32,
        #[serde(flatten)]
        of: Of,
    },
    Write(Box<WriteView>),
    RecommendationState {
        kind: &'static str,
        read_at: Time,
        asked_at: DateTime<Utc>,
    },
    Recommendation {
        place: i64,
        #[serde(flatten)]
        of: Of,
    },
    RecommendationHide {
        hidden_at: Time,
        trakt: i64,
        kind: &'static str,
        #[serde(flatten)]
        things: Option<ThingsView>,
    },
    Audit(Box<AuditView>),
    End {
        lines: u64,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    id: Uuid,
    email: String,
    role: &'static str,
    /// Whether there is one; the hash itself is a secret.
    password: bool,
    created_at: DateTime<Utc>,
}

/// A link without its tokens.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkView {
    id: Uuid,
    trakt_slug: String,
    trakt_username: Option<String>,
    status: &'static str,
    status_since: DateTime<Utc>,
    reason: Option<String>,
    linked_at: Time,
    token_expires_at: Time,
    last_synced_at: Time,
}

/// What a line is about.
#[derive(Serialize)]
pub struct Of {
    kind: &'static str,
    #[serde(flatten)]
    things: ThingsView,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteView {
    id: Uuid,
    deed: String,
    state: &'static str,
    reason: Option<String>,
    wish: String,
    idempotency_key: Option<String>,
    at: DateTime<Utc>,
    number: Option<f64>,
    accepted_at: DateTime<Utc>,
    sent_at: Time,
    settled_at: Time,
    #[serde(flatten)]
    of: Option<Of>,
}

impl Line {
    /// The first line.
    pub fn begin(user: &User, exported_at: DateTime<Utc>) -> Self {
        Self::Export {
            version: VERSION,
            user: UserView {
                id: user.id.uuid(),
                email: user.email.to_string(),
                role: user.role.as_str(),
                password: user.password_hash.is_some(),
                created_at: user.created_at,
            },
            exported_at,
        }
    }
}

impl From<Item> for Of {
    fn from(item: Item) -> Self {
        Self {
            kind: item.kind().as_str(),
            things: item.into(),
        }
    }
}

impl From<Link> for LinkView {
    fn from(link: Link) -> Self {
        Self {
            id: link.id.uuid(),
            trakt_slug: link.slug.to_string(),
            trakt_username: link.username,
            status: link.status.as_str(),
            status_since: link.status_since,
            reason: link.reason,
            linked_at: link.linked_at,
            token_expires_at: link.token_expires_at,
            last_synced_at: link.last_synced_at,
        }
    }
}

impl From<ExportedWrite> for WriteView {
    fn from(write: ExportedWrite) -> Self {
        let record = write.record;
        Self {
            id: record.id.uuid(),
            deed: record.deed,
            state: record.state.as_str(),
            reason: record.reason,
            wish: write.wish,
            idempotency_key: write.key,
            at: write.at,
            number: write.number,
            accepted_at: record.accepted_at,
            sent_at: record.sent_at,
            settled_at: record.settled_at,
            of: write.item.map(Of::from),
        }
    }
}

impl From<ExportItem> for Line {
    fn from(item: ExportItem) -> Self {
        match item {
            ExportItem::Link(link) => Self::Link((*link).into()),
            ExportItem::Settings(choices) => Self::Settings(choices.into()),
            ExportItem::Sync(state) => Self::Sync(Box::new(Some(state).into())),
            ExportItem::Mark {
                part,
                mark,
                rows,
                read_at,
            } => Self::Mark {
                part,
                mark,
                rows,
                read_at,
            },
            ExportItem::Play(play) => Self::Play {
                id: trakts(play.id),
                watched_at: play.watched_at,
                action: play.action,
                of: play.item.into(),
            },
            ExportItem::Playback {
                id,
                progress,
                paused_at,
                item,
            } => Self::Playback {
                id: trakts(id),
                progress,
                paused_at,
                of: item.into(),
            },
            ExportItem::Rating(rated) => Self::Rating {
                rating: rated.rating,
                rated_at: rated.rated_at,
                of: rated.item.into(),
            },
            ExportItem::Listed(listed) => Self::Watchlist {
                id: trakts(listed.id),
                rank: listed.rank,
                listed_at: listed.listed_at,
                notes: listed.notes,
                of: listed.item.into(),
            },
            ExportItem::Hidden {
                list,
                hidden_at,
                item,
            } => Self::Hidden {
                list,
                hidden_at,
                of: item.into(),
            },
            ExportItem::Watching {
                reset_at,
                last_watched_at,
                completed,
                item,
            } => Self::Watching {
                reset_at,
                last_watched_at,
                completed,
                of: item.into(),
            },
            ExportItem::Write(write) => Self::Write(Box::new((*write).into())),
            ExportItem::RecommendationState {
                kind,
                read_at,
                asked_at,
            } => Self::RecommendationState {
                kind: kind.as_str(),
                read_at,
                asked_at,
            },
            ExportItem::Recommendation { place, item } => Self::Recommendation {
                place,
                of: item.into(),
            },
            ExportItem::RecommendationHide {
                hidden_at,
                item,
                kind,
                trakt,
            } => Self::RecommendationHide {
                hidden_at,
                trakt,
                kind: ItemKind::as_str(kind),
                things: item.map(ThingsView::from),
            },
            ExportItem::Audit(record) => Self::Audit(Box::new((*record).into())),
        }
    }
}
