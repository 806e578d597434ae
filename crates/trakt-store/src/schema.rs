// As `diesel print-schema` writes it; see diesel.toml.

diesel::table! {
    audit_chain (shard, seq) {
        shard -> Int2,
        seq -> Int8,
        entry_id -> Int8,
        key -> Uuid,
        adopted -> Bool,
        mac -> Bytea,
    }
}

diesel::table! {
    audit_checkpoints (shard) {
        shard -> Int2,
        seq -> Int8,
        mac -> Bytea,
        key -> Uuid,
        signature -> Bytea,
    }
}

diesel::table! {
    audit_heads (shard) {
        shard -> Int2,
        seq -> Int8,
        mac -> Bytea,
    }
}

diesel::table! {
    audit_keys (id) {
        id -> Uuid,
        key_id -> Text,
        sealed -> Text,
        made_at -> Timestamptz,
        retired_at -> Nullable<Timestamptz>,
        lost -> Bool,
    }
}

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
    catalogues (show) {
        show -> Int8,
        read_at -> Nullable<Timestamptz>,
        next_at -> Timestamptz,
        attempts -> Int4,
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
    hidden (user_id, list, show) {
        user_id -> Uuid,
        list -> Text,
        show -> Int8,
        hidden_at -> Nullable<Timestamptz>,
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
    media (kind, trakt) {
        kind -> Text,
        trakt -> Int8,
        slug -> Nullable<Text>,
        imdb -> Nullable<Text>,
        tmdb -> Nullable<Int8>,
        tvdb -> Nullable<Int8>,
        title -> Nullable<Text>,
        year -> Nullable<Int4>,
        show -> Nullable<Int8>,
        season -> Nullable<Int4>,
        number -> Nullable<Int4>,
        updated_at -> Timestamptz,
        first_aired -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    outbox (id) {
        id -> Uuid,
        user_id -> Uuid,
        trakt_uuid -> Text,
        seq -> Int8,
        deed -> Text,
        part -> Text,
        kind -> Nullable<Text>,
        item -> Nullable<Int8>,
        sought -> Nullable<Text>,
        wish -> Text,
        at -> Timestamptz,
        number -> Nullable<Float8>,
        play -> Nullable<Int8>,
        key -> Nullable<Text>,
        state -> Text,
        reason -> Nullable<Text>,
        alone -> Bool,
        meant -> Bool,
        accepted_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        settled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    outbox_keys (user_id, key) {
        user_id -> Uuid,
        key -> Text,
        write -> Uuid,
        wish -> Text,
    }
}

diesel::table! {
    outbox_turns (user_id) {
        user_id -> Uuid,
        push -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        next_at -> Nullable<Timestamptz>,
        attempts -> Int4,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    playback (user_id, id) {
        user_id -> Uuid,
        id -> Int8,
        kind -> Text,
        item -> Int8,
        progress -> Float8,
        paused_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    plays (user_id, id) {
        user_id -> Uuid,
        id -> Int8,
        kind -> Text,
        item -> Int8,
        watched_at -> Nullable<Timestamptz>,
        action -> Nullable<Text>,
    }
}

diesel::table! {
    ratings (user_id, kind, item) {
        user_id -> Uuid,
        kind -> Text,
        item -> Int8,
        rating -> Int2,
        rated_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    recommendation_hides (user_id, kind, item) {
        user_id -> Uuid,
        kind -> Text,
        item -> Int8,
        hidden_at -> Timestamptz,
    }
}

diesel::table! {
    recommendation_states (user_id, kind) {
        user_id -> Uuid,
        kind -> Text,
        trakt_uuid -> Text,
        read_at -> Nullable<Timestamptz>,
        asked_at -> Timestamptz,
        next_at -> Nullable<Timestamptz>,
        attempts -> Int4,
        lease_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    recommendations (user_id, kind, place) {
        user_id -> Uuid,
        kind -> Text,
        place -> Int4,
        item -> Int8,
    }
}

diesel::table! {
    removed_users (digest) {
        digest -> Bytea,
        removed_at -> Timestamptz,
    }
}

diesel::table! {
    sessions (key) {
        key -> Bytea,
        user_id -> Uuid,
        created_at -> Timestamptz,
        idle_at -> Timestamptz,
        ends_at -> Timestamptz,
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
        believe_until -> Nullable<Timestamptz>,
        restored_at -> Nullable<Timestamptz>,
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

diesel::table! {
    watch_choices (user_id) {
        user_id -> Uuid,
        pull -> Bool,
        push -> Bool,
        recommendations -> Bool,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    watch_holds (user_id, side, part) {
        user_id -> Uuid,
        side -> Text,
        part -> Text,
        adds -> Int8,
        removes -> Int8,
        held -> Int8,
        mark -> Nullable<Text>,
        meant -> Bool,
        held_at -> Timestamptz,
    }
}

diesel::table! {
    watch_marks (user_id, part) {
        user_id -> Uuid,
        part -> Text,
        mark -> Text,
        rows -> Int8,
        read_at -> Timestamptz,
    }
}

diesel::table! {
    watch_states (user_id) {
        user_id -> Uuid,
        trakt_uuid -> Text,
        pull -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        reason -> Nullable<Text>,
        attempts -> Int4,
        read_at -> Nullable<Timestamptz>,
        next_at -> Nullable<Timestamptz>,
        seen_at -> Nullable<Timestamptz>,
        claimed_until -> Nullable<Timestamptz>,
        reading -> Nullable<Text>,
        seen_rows -> Nullable<Int8>,
    }
}

diesel::table! {
    watching (user_id, show) {
        user_id -> Uuid,
        show -> Int8,
        reset_at -> Nullable<Timestamptz>,
        last_watched_at -> Nullable<Timestamptz>,
        completed -> Int4,
        next_item -> Nullable<Int8>,
        next_airs -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    watchlist (user_id, id) {
        user_id -> Uuid,
        id -> Int8,
        kind -> Text,
        item -> Int8,
        rank -> Nullable<Int8>,
        listed_at -> Nullable<Timestamptz>,
        notes -> Nullable<Text>,
    }
}

diesel::table! {
    webhook_changes (user_id, part) {
        user_id -> Uuid,
        part -> Text,
        stored -> Int8,
        removed -> Int8,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> Uuid,
        event_id -> Uuid,
        endpoint -> Text,
        state -> Text,
        attempts -> Int4,
        asked_at -> Timestamptz,
        next_at -> Nullable<Timestamptz>,
        send -> Nullable<Uuid>,
        status -> Nullable<Int4>,
        reason -> Nullable<Text>,
        settled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_endpoints (key) {
        key -> Text,
        name -> Text,
        seen_at -> Timestamptz,
        gone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_events (id) {
        id -> Uuid,
        seq -> Int8,
        kind -> Text,
        at -> Timestamptz,
        subject_id -> Uuid,
        link_id -> Nullable<Uuid>,
        trakt_slug -> Nullable<Text>,
        trakt_username -> Nullable<Text>,
        reason -> Nullable<Text>,
        parts -> Array<Nullable<Text>>,
        adds -> Array<Nullable<Int8>>,
        removes -> Array<Nullable<Int8>>,
        held -> Array<Nullable<Int8>>,
    }
}

diesel::joinable!(device_flows -> users (user_id));
diesel::joinable!(hidden -> users (user_id));
diesel::joinable!(playback -> users (user_id));
diesel::joinable!(plays -> users (user_id));
diesel::joinable!(ratings -> users (user_id));
diesel::joinable!(recommendation_hides -> users (user_id));
diesel::joinable!(recommendation_states -> users (user_id));
diesel::joinable!(recommendations -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(trakt_users -> users (user_id));
diesel::joinable!(outbox -> users (user_id));
diesel::joinable!(outbox_keys -> outbox (write));
diesel::joinable!(outbox_keys -> users (user_id));
diesel::joinable!(outbox_turns -> users (user_id));
diesel::joinable!(watch_choices -> users (user_id));
diesel::joinable!(watch_holds -> users (user_id));
diesel::joinable!(watch_marks -> users (user_id));
diesel::joinable!(watch_states -> users (user_id));
diesel::joinable!(watching -> users (user_id));
diesel::joinable!(watchlist -> users (user_id));
diesel::joinable!(webhook_changes -> users (user_id));
diesel::joinable!(webhook_deliveries -> webhook_events (event_id));

diesel::allow_tables_to_appear_in_same_query!(
    audit_chain,
    audit_checkpoints,
    audit_heads,
    audit_keys,
    audit_log,
    catalogues,
    device_flows,
    hidden,
    key_checks,
    media,
    outbox,
    outbox_keys,
    outbox_turns,
    playback,
    plays,
    ratings,
    recommendation_hides,
    recommendation_states,
    recommendations,
    removed_users,
    sessions,
    token_revocations,
    trakt_gate,
    trakt_users,
    users,
    watch_choices,
    watch_holds,
    watch_marks,
    watch_states,
    watching,
    watchlist,
    webhook_changes,
    webhook_deliveries,
    webhook_endpoints,
    webhook_events,
);
