//! Items in the body of a request: found by any of their ids or by title and year, alone or
//! nested as seasons and episodes of a show.

use serde_json::{Map, Value, json};

use crate::catalogue::{Catalogue, IdType, Item, Kind};

/// An item of a body that was found, with what is said about it.
pub(crate) struct Named<'a> {
    pub(crate) item: Item,
    /// The item itself, then the season and the show that it is nested in.
    around: [Option<&'a Value>; 3],
}

impl<'a> Named<'a> {
    /// What the nearest of the objects around says.
    pub(crate) fn field(&self, name: &str) -> Option<&'a Value> {
        let all = self.around.iter().flatten();
        all.filter_map(|object| object.get(name))
            .find(|value| !value.is_null())
    }
}

/// What a body names.
#[derive(Default)]
pub(crate) struct Input<'a> {
    pub(crate) found: Vec<Named<'a>>,
    /// What is not in the catalogue, as it was sent, under the name of its group.
    pub(crate) not_found: Map<String, Value>,
}

impl<'a> Input<'a> {
    /// `kinds` are the groups that the endpoint takes; there is an array in `not_found` for
    /// each.
    pub(crate) fn read(catalogue: &Catalogue, body: &'a Value, kinds: &[Kind]) -> Self {
        let mut input = Self::default();
        for kind in kinds {
            let mut missing = Vec::new();
            let items = body.get(kind.plural()).and_then(Value::as_array);
            for value in items.into_iter().flatten() {
                match (find(catalogue, *kind, value), *kind) {
                    (None, _) => missing.push(value.clone()),
                    (Some(Item::Show(show)), Kind::Show) => {
                        missing.extend(input.read_show(catalogue, show, value));
                    }
                    (Some(item), _) => input.found.push(Named {
                        item,
                        around: [Some(value), None, None],
                    }),
                }
            }
            input
                .not_found
                .insert(kind.plural().to_owned(), Value::Array(missing));
        }
        input
    }

    /// A show alone is the show; with seasons it is these seasons, and with episodes in a season
    /// these episodes. Returns the show with the seasons and episodes that do not exist.
    fn read_show(&mut self, catalogue: &Catalogue, show: u32, value: &'a Value) -> Option<Value> {
        let Some(seasons) = value.get("seasons").and_then(Value::as_array) else {
            self.found.push(Named {
                item: Item::Show(show),
                around: [Some(value), None, None],
            });
            return None;
        };
        let mut missing = Vec::new();
        for season in seasons {
            let number = season.get("number").and_then(Value::as_u64);
            let Some(index) = number.and_then(|number| catalogue.find_season(show, number)) else {
                missing.push(season.clone());
                continue;
            };
            let Some(episodes) = season.get("episodes").and_then(Value::as_array) else {
                self.found.push(Named {
                    item: Item::Season(index),
                    around: [Some(season), Some(value), None],
                });
                continue;
            };
            let mut missing_episodes = Vec::new();
            for episode in episodes {
                let in_season = episode.get("number").and_then(Value::as_u64);
                let found = number
                    .zip(in_season)
                    .and_then(|(season, episode)| catalogue.find_episode(show, season, episode));
                match found {
                    Some(index) => self.found.push(Named {
                        item: Item::Episode(index),
                        around: [Some(episode), Some(season), Some(value)],
                    }),
                    None => missing_episodes.push(episode.clone()),
                }
            }
            if !missing_episodes.is_empty() {
                missing.push(json!({ "number": number, "episodes": missing_episodes }));
            }
        }
        if missing.is_empty() {
            return None;
        }
        let mut show = value.clone();
        show["seasons"] = Value::Array(missing);
        Some(show)
    }
}

/// One item by its `ids` or by `title` and `year`. The first of its ids that is known counts.
pub(crate) fn find(catalogue: &Catalogue, kind: Kind, value: &Value) -> Option<Item> {
    if let Some(ids) = value.get("ids") {
        let text = |name: &str| match ids.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let by = |name, id_type| catalogue.by_id(kind, id_type, &text(name)?);
        return by("trakt", IdType::Trakt)
            .or_else(|| catalogue.by_slug(kind, &text("slug")?))
            .or_else(|| by("imdb", IdType::Imdb))
            .or_else(|| by("tmdb", IdType::Tmdb))
            .or_else(|| by("tvdb", IdType::Tvdb));
    }
    let title = value.get("title")?.as_str()?;
    catalogue.by_title(kind, title, value.get("year")?.as_u64()?)
}

/// The movies and episodes that an item stands for: an episode itself, of a season and a show
/// those that have aired by `now`. A show's specials have to be named.
pub(crate) fn playable(catalogue: &Catalogue, item: Item, now: u64) -> Vec<Item> {
    let aired = |index: u32| {
        let season = catalogue.season(index);
        let episodes = season.episodes.start..season.episodes.start + season.aired(now);
        episodes.map(Item::Episode)
    };
    match item {
        Item::Movie(_) | Item::Episode(_) => vec![item],
        Item::Season(season) => aired(season).collect(),
        Item::Show(show) => {
            let seasons = catalogue.show(show).seasons.clone();
            let regular = seasons.filter(|season| catalogue.season(*season).number > 0);
            regular.flat_map(aired).collect()
        }
    }
}

/// All movies and episodes that an item stands for, aired or not, specials too.
pub(crate) fn everything(catalogue: &Catalogue, item: Item) -> Vec<Item> {
    match item {
        Item::Movie(_) | Item::Episode(_) => vec![item],
        Item::Season(season) => {
            let episodes = catalogue.season(season).episodes.clone();
            episodes.map(Item::Episode).collect()
        }
        Item::Show(show) => catalogue.episodes(show).map(Item::Episode).collect(),
    }
}

/// How many items of each kind, as answers count them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally([u64; 4]);

impl Tally {
    pub(crate) fn count(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }

    pub(crate) fn json(self, kinds: &[Kind]) -> Value {
        let counts = kinds.iter().map(|kind| {
            let count = json!(self.0[*kind as usize]);
            (kind.plural().to_owned(), count)
        });
        Value::Object(counts.collect())
    }
}
