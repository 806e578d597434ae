// As `diesel print-schema` writes it; see diesel.toml.

diesel::table! {
    audit_log (id) {
        id -> Int8,
        at -> Timestamptz,
        event -> Text,
        outcome -> Text,
        actor_id -> Nullable<Uuid>,
        subject_id -> Nullable<Uuid>,
        link_id -> Nullable<Uuid>,
        trakt_slug -> Nullable<Text>,
        trakt_uuid -> Nullable<Text>,
        ip -> Nullable<Text>,
        request_id -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    device_flows (id) {
        id -> Uuid,
        key -> Bytea,
        user_id -> Uuid,
        replace -> Bool,
        device_code -> Nullable<Text>,
        user_code -> Nullable<Text>,
        verification_url -> Text,
        access_token -> Nullable<Text>,
        refresh_token -> Nullable<Text>,
        token_expires_at -> Nullable<Timestamptz>,
        state -> Text,
        outcome -> Nullable<Text>,
        interval_ms -> Int8,
        attempt -> Int4,
        next_poll_at -> Timestamptz,
        expires_at -> Timestamptz,
        key_id -> Nullable<Text>,
        created_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    key_checks (key_id) {
        key_id -> Text,
        sealed -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    removed_users (digest) {
        digest -> Bytea,
        removed_at -> Timestamptz,
    }
}

diesel::table! {
    token_revocations (id) {
        id -> Uuid,
        access_token -> Text,
        key_id -> Text,
        attempts -> Int4,
        next_try_at -> Timestamptz,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    trakt_gate (id) {
        id -> Int4,
        closed_until -> Timestamptz,
        reason -> Nullable<Text>,
        failures -> Int4,
        brake -> Bool,
        rate -> Float8,
        budget -> Float8,
        budget_at -> Timestamptz,
        trust -> Float8,
        trust_at -> Timestamptz,
    }
}

diesel::table! {
    trakt_users (id) {
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        trakt_slug -> Text,
        trakt_username -> Nullable<Text>,
        trakt_uuid -> Nullable<Text>,
        access_token -> Nullable<Text>,
        refresh_token -> Nullable<Text>,
        token_expires_at -> Nullable<Timestamptz>,
        status -> Text,
        status_reason -> Nullable<Text>,
        generation -> Int8,
        key_id -> Nullable<Text>,
        linked_at -> Nullable<Timestamptz>,
        last_synced_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        status_since -> Timestamptz,
        refused_generation -> Nullable<Int8>,
        refresh_state -> Text,
        refresh_due_at -> Nullable<Timestamptz>,
        next_try_at -> Nullable<Timestamptz>,
        failures -> Int4,
        replays -> Int4,
        attempt -> Nullable<Uuid>,
        attempt_owner -> Nullable<Uuid>,
        attempt_boot -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        token_issued_at -> Nullable<Timestamptz>,
        previous_refresh_token -> Nullable<Text>,
        probe_at -> Nullable<Timestamptz>,
        probes_left -> Int4,
        refused_in_row -> Int4,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        role -> Text,
        password_hash -> Nullable<Text>,
        subject -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::joinable!(device_flows -> users (user_id));
diesel::joinable!(trakt_users -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    audit_log,
    device_flows,
    key_checks,
    removed_users,
    token_revocations,
    trakt_gate,
    trakt_users,
    users,
);
