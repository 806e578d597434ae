//! An operation of the contract, and whether a request is one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use trakt_api::{Host, RawRequest};

/// Paths that the contract has in a longer form only; Trakt answers the short ones too (its older
/// documentation, and later versions of the contract).
const SHORT: &[(&str, &str)] = &[
    ("/sync/history", "/sync/history/{type}/{id}"),
    ("/sync/history/movies", "/sync/history/{type}/{id}"),
    ("/sync/history/episodes", "/sync/history/{type}/{id}"),
    ("/sync/playback", "/sync/playback/{type}"),
    ("/sync/ratings", "/sync/ratings/{type}/{rating}"),
    ("/sync/ratings/movies", "/sync/ratings/{type}/{rating}"),
    ("/sync/ratings/shows", "/sync/ratings/{type}/{rating}"),
    ("/sync/ratings/seasons", "/sync/ratings/{type}/{rating}"),
    ("/sync/ratings/episodes", "/sync/ratings/{type}/{rating}"),
];

/// Where the contract is known to be wrong, or behind: the call, what it misses there, and why we
/// send it all the same.
const WRONG: &[(&str, &str, &str)] = &[
    ("ExchangeCode, with PKCE", "body code_verifier", PKCE),
    ("ExchangeCode, with PKCE", "body form", PKCE),
    (
        "GetWatchedShows",
        "query specials",
        "Trakt's maintainers name it (trakt-api#792)",
    ),
    ("GetWatchedMovies", "query page", PAGES),
    ("GetWatchedMovies", "query limit", PAGES),
    ("GetWatchedShows", "query page", PAGES),
    ("GetWatchedShows", "query limit", PAGES),
    ("GetCollectedShows", "query page", PAGES),
    ("GetCollectedShows", "query limit", PAGES),
    ("AddToHistory, a season by number", "body form", OLDER),
    ("RemoveFromHistory, a season by number", "body form", OLDER),
    ("AddToWatchlist, a season by number", "body form", OLDER),
    (
        "RemoveFromWatchlist, a season by number",
        "body form",
        OLDER,
    ),
    ("AddToCollection, a season by number", "body form", OLDER),
    (
        "RemoveFromCollection, a season by number",
        "body form",
        OLDER,
    ),
    (
        "SearchByText",
        "path type",
        "several kinds are divided by commas, as in Trakt's guide",
    ),
    ("AddRatings", "body rated_at", OLDER),
    ("AddToCollection", "body collected_at", OLDER),
    ("AddToWatchlist", "body notes", OLDER),
    ("AddToFavorites", "body notes", OLDER),
    ("ScrobbleStart, an episode by numbers", "body number", OLDER),
    ("ScrobbleStart, an episode by numbers", "body season", OLDER),
    ("ScrobbleStart, an episode by numbers", "body show", OLDER),
    ("ScrobbleStart, an episode by numbers", "body form", OLDER),
    ("ScrobbleStart, a movie by ids", "body form", IDS),
    ("ScrobblePause, an episode by numbers", "body number", OLDER),
    ("ScrobblePause, an episode by numbers", "body season", OLDER),
    ("ScrobblePause, an episode by numbers", "body show", OLDER),
    ("ScrobblePause, an episode by numbers", "body form", OLDER),
    ("ScrobblePause, a movie by ids", "body form", IDS),
    ("ScrobbleStop, an episode by numbers", "body number", OLDER),
    ("ScrobbleStop, an episode by numbers", "body season", OLDER),
    ("ScrobbleStop, an episode by numbers", "body show", OLDER),
    ("ScrobbleStop, an episode by numbers", "body form", OLDER),
    ("ScrobbleStop, a movie by ids", "body form", IDS),
];

const PKCE: &str = "with PKCE there is a verifier and no secret (Trakt's guide, RFC 7636)";
const PAGES: &str = "Trakt gives it in pages since 2026 (its guide \"Pagination\")";
const IDS: &str = "an id says it all: Trakt's clients send no title with it";
const OLDER: &str = "Trakt's older documentation has it, and it goes on working";

/// Which exceptions were made use of.
#[derive(Default)]
pub struct Exceptions {
    used: BTreeSet<String>,
}

impl Exceptions {
    fn allows(&mut self, endpoint: &str, what: &str) -> bool {
        let known = WRONG
            .iter()
            .any(|(of, missing, _)| *of == endpoint && *missing == what);
        if known {
            self.used.insert(format!("{endpoint}: {what}"));
        }
        known
    }

    pub fn unused(&self) -> Vec<String> {
        let short = SHORT.iter().map(|(path, _)| format!("path {path}"));
        let wrong = WRONG
            .iter()
            .map(|(of, missing, _)| format!("{of}: {missing}"));
        short
            .chain(wrong)
            .filter(|name| !self.used.contains(name))
            .collect()
    }
}

pub struct Contract {
    document: Value,
}

/// The methods that an operation can have.
const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

impl Contract {
    /// `None`, and a word about it, where there is none.
    #[expect(
        clippy::print_stderr,
        reason = "a test that checks nothing has to say so"
    )]
    pub fn read() -> Option<Self> {
        let Some(file) = std::env::var_os("TRAKT_CONTRACT") else {
            eprintln!("skipped: TRAKT_CONTRACT is not set");
            return None;
        };
        let text = std::fs::read_to_string(&file).unwrap();
        let document = serde_json::from_str(&text).unwrap();
        Some(Self { document })
    }

    fn paths(&self) -> &Map<String, Value> {
        self.document["paths"].as_object().unwrap()
    }

    /// Each operation's method and path, the path without a slash at its end.
    pub fn operations(&self) -> BTreeSet<(String, String)> {
        let mut operations = BTreeSet::new();
        for (path, item) in self.paths() {
            let path = path.trim_end_matches('/');
            let methods = METHODS.iter().filter(|method| item.get(method).is_some());
            operations.extend(methods.map(|method| (method.to_uppercase(), path.to_owned())));
        }
        operations
    }

    /// The operation that a path is one of: the one with the fewest parameters.
    pub fn find(&self, method: &str, path: &str) -> Option<(String, &Value)> {
        let long = SHORT
            .iter()
            .find(|(short, _)| *short == path && method == "GET");
        let wanted = long.map_or(path, |(_, long)| long);
        let fits = |template: &str| {
            let (template, path): (Vec<_>, Vec<_>) = (
                template.trim_matches('/').split('/').collect(),
                wanted.trim_matches('/').split('/').collect(),
            );
            let same = |(a, b): (&&str, &&str)| a == b || a.starts_with('{');
            template.len() == path.len() && template.iter().zip(&path).all(same)
        };
        let found = self
            .paths()
            .iter()
            .filter(|(template, item)| fits(template) && item.get(method.to_lowercase()).is_some());
        let (template, item) = found.min_by_key(|(template, _)| template.matches('{').count())?;
        let template = template.trim_end_matches('/').to_owned();
        Some((template, &item[method.to_lowercase()]))
    }

    /// Whether a request is what the contract wants.
    pub fn check(
        &self,
        endpoint: &str,
        request: &RawRequest,
        exceptions: &mut Exceptions,
    ) -> Result<(), String> {
        let (method, path) = (request.method.as_str(), request.url.path());
        if SHORT.iter().any(|(short, _)| *short == path) && method == "GET" {
            exceptions.used.insert(format!("path {path}"));
        }
        let (template, operation) = self
            .find(method, path)
            .ok_or(format!("{method} {path} is not in the contract"))?;

        let server = operation["servers"]
            .get(0)
            .unwrap_or(&self.document["servers"][0]);
        let origin = request.url.origin().ascii_serialization();
        let host = match request.host {
            Host::Api => "https://api.trakt.tv",
            Host::Auth => "https://auth.trakt.tv",
        };
        if server["url"] != origin || origin != host {
            return Err(format!("{origin} is not where {template} is"));
        }

        let bearer = request
            .headers
            .iter()
            .any(|(name, _)| *name == "authorization");
        let security = operation["security"].as_array();
        let signed_in = |way: &Value| way.get("traktOAuth").is_some();
        if security.is_some_and(|ways| !bearer && ways.iter().all(signed_in)) {
            return Err(format!("{template} wants somebody signed in"));
        }
        parameters(endpoint, &template, operation, request, exceptions)?;
        body(endpoint, operation, request, exceptions)
    }
}

/// Each parameter is the operation's, and those that must be there are.
fn parameters(
    endpoint: &str,
    template: &str,
    operation: &Value,
    request: &RawRequest,
    exceptions: &mut Exceptions,
) -> Result<(), String> {
    let known = operation["parameters"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let of = |place: &'static str| known.iter().filter(move |one| one["in"] == place);
    let values = template
        .trim_matches('/')
        .split('/')
        .zip(request.url.path_segments().unwrap());
    for (name, value) in values.filter(|(name, _)| name.starts_with('{')) {
        let name = name.trim_matches(['{', '}']);
        let parameter = of("path").find(|one| one["name"] == name);
        let schema = &parameter.ok_or(format!("the contract forgets {name}"))?["schema"];
        match fits_text(schema, value) {
            Err(_) if exceptions.allows(endpoint, &format!("path {name}")) => {}
            fits => fits.map_err(|why| format!("{template} {name}: {why}"))?,
        }
    }
    let sent: Vec<_> = request.url.query_pairs().collect();
    for (name, value) in &sent {
        match of("query").find(|one| one["name"] == **name) {
            Some(one) => {
                fits_text(&one["schema"], value).map_err(|why| format!("{name}: {why}"))?;
            }
            None if exceptions.allows(endpoint, &format!("query {name}")) => {}
            None => return Err(format!("{template} has no query {name}")),
        }
    }
    let missing = of("query")
        .filter(|one| one["required"] == true)
        .find(|one| !sent.iter().any(|(name, _)| one["name"] == **name));
    missing.map_or(Ok(()), |one| {
        Err(format!("{template} wants {}", one["name"]))
    })
}

/// A text is a value of the type that the schema names.
fn fits_text(schema: &Value, text: &str) -> Result<(), String> {
    let value = match schema["type"].as_str() {
        Some("integer" | "number") => text.parse::<i64>().map_or(Value::Null, Value::from),
        Some("boolean") => text.parse::<bool>().map_or(Value::Null, Value::from),
        _ => Value::from(text),
    };
    fits(schema, &value)
}

fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    let mut schema = schema.clone();
    plain(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    match validator.iter_errors(value).next() {
        None => Ok(()),
        Some(error) => Err(format!("{error} at {}", error.instance_path())),
    }
}

/// The body is valid, and has nothing that the contract does not know.
fn body(
    endpoint: &str,
    operation: &Value,
    request: &RawRequest,
    exceptions: &mut Exceptions,
) -> Result<(), String> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let Some(bytes) = &request.body else {
        // An empty schema is a body of nothing.
        let wanted = schema.as_object().is_some_and(|schema| !schema.is_empty());
        return if wanted {
            Err("a body is wanted".to_owned())
        } else {
            Ok(())
        };
    };
    let mut body: Value = serde_json::from_slice(bytes).unwrap();
    if schema.is_null() {
        return Err("no body is wanted".to_owned());
    }
    let mut unknown = BTreeSet::new();
    strip(schema, &mut body, &mut unknown);
    unknown.retain(|what| !exceptions.allows(endpoint, &format!("body {what}")));
    if !unknown.is_empty() {
        return Err(format!("the body has {unknown:?}"));
    }
    match fits(schema, &body) {
        Ok(()) => Ok(()),
        Err(_) if exceptions.allows(endpoint, "body form") => Ok(()),
        Err(why) => Err(format!("{why}: {body}")),
    }
}

/// Takes out, and names, what no form of the schema knows.
fn strip(schema: &Value, body: &mut Value, unknown: &mut BTreeSet<String>) {
    let mut forms = Vec::new();
    flat(schema, &mut forms);
    match body {
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (name, mut value) in std::mem::take(fields) {
                let known: Vec<&Value> = forms
                    .iter()
                    .filter_map(|form| form["properties"].get(&name))
                    .collect();
                if known.is_empty() {
                    unknown.insert(name);
                    continue;
                }
                strip(&json!({ "anyOf": known }), &mut value, unknown);
                kept.insert(name, value);
            }
            *fields = kept;
        }
        Value::Array(items) => {
            let known: Vec<&Value> = forms.iter().filter_map(|form| form.get("items")).collect();
            let any = json!({ "anyOf": known });
            for item in items {
                strip(&any, item, unknown);
            }
        }
        _ => {}
    }
}

/// The forms that a schema allows.
fn flat<'a>(schema: &'a Value, forms: &mut Vec<&'a Value>) {
    let among = ["oneOf", "anyOf", "allOf"]
        .iter()
        .find_map(|key| schema[*key].as_array());
    match among {
        Some(all) => all.iter().for_each(|one| flat(one, forms)),
        None => forms.push(schema),
    }
}

/// OpenAPI 3.0 as JSON Schema. `oneOf` becomes `anyOf`: the contract's forms overlap, so that
/// whatever has two ids is of two forms. An object has no more than its properties: else each
/// would be of any form that wants little.
fn plain(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(plain),
        Value::Object(fields) => {
            fields.values_mut().for_each(plain);
            if fields.contains_key("properties") {
                let closed = fields.entry("additionalProperties");
                closed.or_insert(json!(false));
            }
            if let Some(forms) = fields.remove("oneOf") {
                fields.insert("anyOf".to_owned(), forms);
            }
            fields.remove("format");
            if fields.remove("nullable") == Some(json!(true)) {
                let schema = Value::Object(std::mem::take(fields));
                fields.insert("anyOf".to_owned(), json!([schema, { "type": "null" }]));
            }
        }
        _ => {}
    }
}
