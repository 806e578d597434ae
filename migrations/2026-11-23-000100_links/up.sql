CREATE TABLE trakt_users (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id          uuid,
    trakt_slug       text NOT NULL,
    trakt_username   text,
    trakt_uuid       text,
    access_token     text,
    refresh_token    text,
    token_expires_at timestamptz,
    status           text NOT NULL DEFAULT 'unverified',
    status_reason    text,
    generation       bigint NOT NULL DEFAULT 0,
    key_id           text,
    linked_at        timestamptz,
    last_synced_at   timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT trakt_users_user_once UNIQUE (user_id),
    CONSTRAINT trakt_users_slug_once UNIQUE (trakt_slug),
    CONSTRAINT trakt_users_uuid_once UNIQUE (trakt_uuid),
    CONSTRAINT trakt_users_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT trakt_users_status_known
        CHECK (status IN ('active', 'unverified', 'needs_relink', 'locked')),
    CONSTRAINT trakt_users_tokens_whole CHECK (
        (access_token IS NULL) = (refresh_token IS NULL)
        AND (access_token IS NULL) = (key_id IS NULL)
        AND (access_token IS NULL) = (token_expires_at IS NULL)
    ),
    CONSTRAINT trakt_users_active_has_tokens CHECK (status <> 'active' OR access_token IS NOT NULL),
    CONSTRAINT trakt_users_generation_counts CHECK (generation >= 0)
);

COMMENT ON TABLE trakt_users IS 'Trakt accounts in the hands of users: one account a user, one user an account';
COMMENT ON COLUMN trakt_users.trakt_slug IS 'The label of the account when it was last seen; it follows a rename and can pass on to another account';
COMMENT ON COLUMN trakt_users.trakt_uuid IS 'The identity of the account, kept through renames; null: an admin''s claim that Trakt has not confirmed';
COMMENT ON COLUMN trakt_users.access_token IS 'Sealed';
COMMENT ON COLUMN trakt_users.refresh_token IS 'Sealed';
COMMENT ON COLUMN trakt_users.status IS 'active, unverified (no tokens: an admin''s claim), needs_relink or locked';
COMMENT ON COLUMN trakt_users.status_reason IS 'Why it is not active';
COMMENT ON COLUMN trakt_users.generation IS 'Grows with every new pair of tokens; part of what the seal is bound to';
COMMENT ON COLUMN trakt_users.key_id IS 'Which key sealed the tokens';
COMMENT ON COLUMN trakt_users.linked_at IS 'When the person last approved it at Trakt';

CREATE TABLE device_flows (
    id               uuid PRIMARY KEY,
    key              bytea NOT NULL,
    user_id          uuid NOT NULL,
    replace          boolean NOT NULL,
    device_code      text,
    user_code        text,
    verification_url text NOT NULL,
    access_token     text,
    refresh_token    text,
    token_expires_at timestamptz,
    state            text NOT NULL DEFAULT 'pending',
    outcome          text,
    interval_ms      bigint NOT NULL,
    attempt          integer NOT NULL DEFAULT 0,
    next_poll_at     timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    key_id           text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    ended_at         timestamptz,
    CONSTRAINT device_flows_key_once UNIQUE (key),
    CONSTRAINT device_flows_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT device_flows_interval_positive CHECK (interval_ms > 0),
    CONSTRAINT device_flows_state_holds CHECK (
        CASE state
            WHEN 'pending' THEN
                num_nulls(device_code, user_code, key_id) = 0
                AND num_nonnulls(access_token, refresh_token, token_expires_at, outcome, ended_at) = 0
            WHEN 'authorised' THEN
                num_nulls(access_token, refresh_token, token_expires_at, key_id) = 0
                AND num_nonnulls(device_code, user_code, outcome, ended_at) = 0
            WHEN 'ended' THEN
                num_nulls(outcome, ended_at) = 0
                AND num_nonnulls(
                    device_code, user_code, access_token, refresh_token, token_expires_at, key_id
                ) = 0
            ELSE false
        END
    )
);

CREATE UNIQUE INDEX device_flows_one_open ON device_flows (user_id) WHERE state <> 'ended';
CREATE INDEX device_flows_by_user ON device_flows (user_id, ended_at);

COMMENT ON TABLE device_flows IS 'Runs of the device flow (RFC 8628); an ended one holds no secret and stays for a while, so that its handle gets a true answer';
COMMENT ON COLUMN device_flows.key IS 'SHA-256 of the handle that the client holds';
COMMENT ON COLUMN device_flows.replace IS 'Whether a link to another account may give way';
COMMENT ON COLUMN device_flows.device_code IS 'Sealed; while pending';
COMMENT ON COLUMN device_flows.user_code IS 'Sealed; while pending';
COMMENT ON COLUMN device_flows.access_token IS 'Sealed; while authorised';
COMMENT ON COLUMN device_flows.refresh_token IS 'Sealed; while authorised';
COMMENT ON COLUMN device_flows.state IS 'pending (ask Trakt), authorised (tokens are here, the account behind them is to be read) or ended';
COMMENT ON COLUMN device_flows.outcome IS 'How it ended';
COMMENT ON COLUMN device_flows.interval_ms IS 'The least time between two polls';
COMMENT ON COLUMN device_flows.attempt IS 'The number of the latest claim; what an older one reports is ignored';
COMMENT ON COLUMN device_flows.next_poll_at IS 'Nobody asks Trakt before this moment: the interval, or the lease of whoever is asking';

CREATE TABLE token_revocations (
    id           uuid PRIMARY KEY,
    access_token text NOT NULL,
    key_id       text NOT NULL,
    attempts     integer NOT NULL DEFAULT 0,
    next_try_at  timestamptz NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX token_revocations_due ON token_revocations (next_try_at);

COMMENT ON TABLE token_revocations IS 'Tokens that nobody may use any more and that Trakt has not been told of';
COMMENT ON COLUMN token_revocations.access_token IS 'Sealed';
COMMENT ON COLUMN token_revocations.next_try_at IS 'When it is to be tried again, or the end of the lease of whoever is trying';

CREATE TABLE key_checks (
    key_id     text PRIMARY KEY,
    sealed     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE key_checks IS 'A known text sealed with each key: tells a wrong key under a right name before it is used';
