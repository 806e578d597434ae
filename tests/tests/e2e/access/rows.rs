//! The answers to every kind of caller.

/// Every route, who it is for, and what it answers without a token, to garbage, to an expired
/// token, to the user of the story, to another user, to an admin and to a deleted user.
pub const ROWS: &[(&str, &str, &str, [&str; 7])] = &[
    ("GET", "/healthz", "anybody", ["200"; 7]),
    ("GET", "/readyz", "anybody", ["200"; 7]),
    ("GET", "/metrics", "anybody", ["200"; 7]),
    ("GET", "/openapi.json", "anybody", ["200"; 7]),
    ("GET", "/docs", "anybody", ["200"; 7]),
    ("GET", "/docs/{file}", "anybody", [NOT_FOUND; 7]),
    ("POST", "/auth/login", "anybody", [UNAUTHENTICATED; 7]),
    ("POST", "/trakt/auth/device", "user", named(["200"; 3])),
    ("POST", CHECK, "user", named(["200", UNKNOWN, UNKNOWN])),
    ("GET", "/trakt/association", "user", named(["200"; 3])),
    ("DELETE", "/trakt/association", "user", named(["204"; 3])),
    ("GET", "/trakt/sync", "user", named(["200"; 3])),
    ("POST", "/trakt/sync", "user", named([NOT_LINKED; 3])),
    ("GET", "/trakt/sync/events", "user", named(["200"; 3])),
    ("GET", "/trakt/settings", "user", named(["200"; 3])),
    ("PATCH", "/trakt/settings", "user", named(["200"; 3])),
    ("GET", "/trakt/export", "user", named(["200"; 3])),
    ("GET", "/trakt/history", "user", named(["200"; 3])),
    ("GET", "/trakt/progress", "user", named(["200"; 3])),
    (
        "GET",
        "/trakt/progress/shows/{id}",
        "user",
        named([NOT_FOUND; 3]),
    ),
    ("GET", "/trakt/watched/movies", "user", named(["200"; 3])),
    ("GET", "/trakt/watched/shows", "user", named(["200"; 3])),
    ("GET", "/trakt/ratings", "user", named(["200"; 3])),
    ("GET", "/trakt/watchlist", "user", named(["200"; 3])),
    ("POST", "/trakt/history", "user", named([NOT_LINKED; 3])),
    (
        "DELETE",
        "/trakt/history/{id}",
        "user",
        named([NOT_LINKED; 3]),
    ),
    ("POST", "/trakt/ratings", "user", named([NOT_LINKED; 3])),
    ("DELETE", "/trakt/ratings", "user", named([NOT_LINKED; 3])),
    ("POST", "/trakt/watchlist", "user", named([NOT_LINKED; 3])),
    ("DELETE", "/trakt/watchlist", "user", named([NOT_LINKED; 3])),
    (
        "POST",
        "/trakt/scrobble/start",
        "user",
        named([NOT_LINKED; 3]),
    ),
    (
        "POST",
        "/trakt/scrobble/pause",
        "user",
        named([NOT_LINKED; 3]),
    ),
    (
        "POST",
        "/trakt/scrobble/stop",
        "user",
        named([NOT_LINKED; 3]),
    ),
    ("GET", "/trakt/outbox/{id}", "user", named([NOT_FOUND; 3])),
    (
        "GET",
        "/trakt/recommendations/movies",
        "user",
        named([NOT_LINKED; 3]),
    ),
    (
        "GET",
        "/trakt/recommendations/shows",
        "user",
        named([NOT_LINKED; 3]),
    ),
    (
        "DELETE",
        "/trakt/recommendations/movies/{id}",
        "user",
        named([NOT_LINKED; 3]),
    ),
    (
        "DELETE",
        "/trakt/recommendations/shows/{id}",
        "user",
        named([NOT_LINKED; 3]),
    ),
    (
        "POST",
        "/trakt/recommendations/movies/{id}/undo",
        "user",
        named([NOT_LINKED; 3]),
    ),
    (
        "POST",
        "/trakt/recommendations/shows/{id}/undo",
        "user",
        named([NOT_LINKED; 3]),
    ),
    (
        "POST",
        ASSOCIATE,
        "admin",
        named([FORBIDDEN, FORBIDDEN, "200"]),
    ),
    (
        "GET",
        "/trakt/admin/associations",
        "admin",
        named([FORBIDDEN, FORBIDDEN, "200"]),
    ),
    (
        "DELETE",
        "/trakt/admin/associations/{id}",
        "admin",
        named([FORBIDDEN, FORBIDDEN, "204"]),
    ),
    (
        "GET",
        "/trakt/admin/webhooks",
        "admin",
        named([FORBIDDEN, FORBIDDEN, "200"]),
    ),
    (
        "POST",
        "/trakt/admin/webhooks/{id}/replay",
        "admin",
        named([FORBIDDEN, FORBIDDEN, NOT_FOUND]),
    ),
    (
        "GET",
        "/trakt/admin/audit",
        "admin",
        named([FORBIDDEN, FORBIDDEN, "200"]),
    ),
];

pub const CHECK: &str = "/trakt/auth/device/check";
pub const ASSOCIATE: &str = "/trakt/admin/associate";
pub const UNAUTHENTICATED: &str = "401 unauthenticated";
pub const FORBIDDEN: &str = "403 forbidden";
pub const NOT_LINKED: &str = "409 not_linked";
pub const NOT_FOUND: &str = "404 not_found";
pub const UNKNOWN: &str = "404 device_code_unknown";

/// 401 for whom no good token names.
pub const fn named([user, other, admin]: [&'static str; 3]) -> [&'static str; 7] {
    let nobody = UNAUTHENTICATED;
    [nobody, nobody, nobody, user, other, admin, nobody]
}
