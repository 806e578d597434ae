//! What must hold in the database at every moment, whatever was killed, cut or raced; and the
//! end of what runs meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::Database;

/// Each query counts rows that must not be there.
const RULES: &[(&str, &str)] = &[
    (
        "an active link has tokens, an owner and a proven identity",
        "SELECT count(*) FROM trakt_users WHERE status = 'active' AND num_nulls(access_token, \
         refresh_token, token_expires_at, key_id, user_id, trakt_uuid, linked_at) > 0",
    ),
    (
        "what is not active by a claim alone has no tokens",
        "SELECT count(*) FROM trakt_users WHERE status = 'unverified' AND access_token IS NOT NULL",
    ),
    (
        "a link belongs to a user who exists",
        "SELECT count(*) FROM trakt_users l LEFT JOIN users u ON u.id = l.user_id \
         WHERE u.id IS NULL",
    ),
    (
        "one user, one account",
        "SELECT count(*) FROM (SELECT user_id FROM trakt_users GROUP BY user_id \
         HAVING count(*) > 1) AS twice",
    ),
    (
        "one account, one user",
        "SELECT count(*) FROM (SELECT trakt_uuid FROM trakt_users WHERE trakt_uuid IS NOT NULL \
         GROUP BY trakt_uuid HAVING count(*) > 1) AS twice",
    ),
    (
        "one open flow a user",
        "SELECT count(*) FROM (SELECT user_id FROM device_flows WHERE state <> 'ended' \
         GROUP BY user_id HAVING count(*) > 1) AS twice",
    ),
    (
        "a flow belongs to a user who exists",
        "SELECT count(*) FROM device_flows f LEFT JOIN users u ON u.id = f.user_id \
         WHERE u.id IS NULL",
    ),
    (
        "a pending flow has its code and no tokens, an authorised one the other way round",
        "SELECT count(*) FROM device_flows WHERE state <> 'ended' AND \
         ((device_code IS NOT NULL) <> (state = 'pending') \
         OR (access_token IS NOT NULL) <> (state = 'authorised') \
         OR (access_token IS NULL) <> (refresh_token IS NULL) OR outcome IS NOT NULL)",
    ),
    (
        "an ended flow says how and holds no secret",
        "SELECT count(*) FROM device_flows WHERE state = 'ended' AND (outcome IS NULL \
         OR num_nonnulls(device_code, user_code, access_token, refresh_token) > 0)",
    ),
    (
        "a link and its entry on the trail come together",
        "SELECT count(*) FROM trakt_users l WHERE status = 'active' AND NOT EXISTS \
         (SELECT FROM audit_log a WHERE a.event = 'linked' AND a.link_id = l.id)",
    ),
    (
        "every linked flow has its entry on the trail",
        "SELECT greatest(0, (SELECT count(*) FROM device_flows WHERE outcome = 'linked') \
         - (SELECT count(*) FROM audit_log WHERE event = 'linked'))",
    ),
    (
        "every flow has its entry on the trail",
        "SELECT greatest(0, (SELECT count(*) FROM device_flows) \
         - (SELECT count(*) FROM audit_log WHERE event = 'flow_started'))",
    ),
];

/// Fails the test with the rule that does not hold.
#[track_caller]
pub fn assert_whole(database: &Database) {
    for (rule, sql) in RULES {
        assert_eq!(database.count(sql), 0, "broken: {rule}");
    }
}

/// Sets its flag when dropped, so that threads which watch it end after a failure too.
pub struct Ending<'a>(pub &'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
