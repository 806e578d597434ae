-- Keeping a link alive: one refresh per generation, however many replicas there are.
ALTER TABLE trakt_users
    ADD COLUMN status_since           timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN refused_generation     bigint,
    ADD COLUMN refresh_state          text NOT NULL DEFAULT 'idle',
    ADD COLUMN refresh_due_at         timestamptz,
    ADD COLUMN next_try_at            timestamptz,
    ADD COLUMN failures               integer NOT NULL DEFAULT 0,
    ADD COLUMN replays                integer NOT NULL DEFAULT 0,
    ADD COLUMN attempt                uuid,
    ADD COLUMN attempt_owner          uuid,
    ADD COLUMN attempt_boot           uuid,
    ADD COLUMN lease_until            timestamptz,
    ADD COLUMN token_issued_at        timestamptz,
    ADD COLUMN previous_refresh_token text,
    ADD COLUMN probe_at               timestamptz,
    ADD COLUMN probes_left            integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT trakt_users_refresh_state_holds CHECK (
        CASE refresh_state
            WHEN 'idle' THEN num_nonnulls(attempt, attempt_owner, attempt_boot, lease_until) = 0
            WHEN 'sent' THEN num_nulls(attempt, attempt_owner, attempt_boot, lease_until) = 0
            WHEN 'uncertain' THEN num_nulls(attempt, attempt_owner, attempt_boot, lease_until) = 0
            ELSE false
        END
    ),
    ADD CONSTRAINT trakt_users_refresh_has_tokens CHECK (
        access_token IS NOT NULL
        OR (refresh_state = 'idle' AND refresh_due_at IS NULL AND probe_at IS NULL
            AND previous_refresh_token IS NULL)
    );

UPDATE trakt_users
SET token_issued_at = linked_at,
    refresh_due_at = now() + (token_expires_at - now()) * 0.5
WHERE access_token IS NOT NULL AND status = 'active';

-- What the worker looks for: its size and cost are those of what is due, not of what there is.
CREATE INDEX trakt_users_refresh_due ON trakt_users (refresh_due_at)
    WHERE refresh_due_at IS NOT NULL;
CREATE INDEX trakt_users_probe_due ON trakt_users (probe_at) WHERE probe_at IS NOT NULL;
CREATE INDEX trakt_users_attempts ON trakt_users (attempt_owner) WHERE refresh_state <> 'idle';

COMMENT ON COLUMN trakt_users.status_since IS 'Since when it stands so';
COMMENT ON COLUMN trakt_users.refused_generation IS 'The generation whose access token Trakt answered with 401';
COMMENT ON COLUMN trakt_users.refresh_state IS 'idle, sent (an attempt was claimed and may have reached Trakt) or uncertain (it did, and its answer was lost)';
COMMENT ON COLUMN trakt_users.refresh_due_at IS 'When the worker is to look at it next: the due moment, the end of a backoff or of a lease';
COMMENT ON COLUMN trakt_users.next_try_at IS 'Nobody tries before this moment: the backoff after trouble';
COMMENT ON COLUMN trakt_users.failures IS 'Tries without an answer that counts, since the last pair';
COMMENT ON COLUMN trakt_users.replays IS 'How often the refresh token of this generation was sent again';
COMMENT ON COLUMN trakt_users.attempt IS 'The latest claim; what an older one reports is ignored';
COMMENT ON COLUMN trakt_users.attempt_owner IS 'Whose claim: the id of a journal';
COMMENT ON COLUMN trakt_users.attempt_boot IS 'Which process of that owner';
COMMENT ON COLUMN trakt_users.lease_until IS 'For how long the claim keeps others away';
COMMENT ON COLUMN trakt_users.previous_refresh_token IS 'Sealed; what this generation came from, until its access token has worked';
COMMENT ON COLUMN trakt_users.probe_at IS 'When the access token is to be tried, to see that the pair works';

COMMENT ON COLUMN trakt_users.probes_left IS 'How often it is to work until the pair counts as good';

-- What all replicas must know of Trakt together. One row.
CREATE TABLE trakt_gate (
    id           integer PRIMARY KEY DEFAULT 1,
    closed_until timestamptz NOT NULL DEFAULT '-infinity',
    reason       text,
    failures     integer NOT NULL DEFAULT 0,
    brake        boolean NOT NULL DEFAULT false,
    rate         double precision NOT NULL DEFAULT 20,
    budget       double precision NOT NULL DEFAULT 20,
    budget_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT trakt_gate_one_row CHECK (id = 1),
    CONSTRAINT trakt_gate_rate_positive CHECK (rate > 0)
);
INSERT INTO trakt_gate DEFAULT VALUES;

COMMENT ON TABLE trakt_gate IS 'Whether refreshes may be sent to Trakt at all, for all replicas';
COMMENT ON COLUMN trakt_gate.closed_until IS 'No refresh begins before this moment';
COMMENT ON COLUMN trakt_gate.reason IS 'Why it is closed: rate_limited, unavailable, misconfigured or mass_invalid_grant';
COMMENT ON COLUMN trakt_gate.failures IS 'Calls in a row without an answer';
COMMENT ON COLUMN trakt_gate.brake IS 'Too many refresh tokens were refused at once: that is Trakt''s trouble and marks no link';
COMMENT ON COLUMN trakt_gate.rate IS 'Refreshes a second of all replicas together, and the most at once; 20 serve twelve million links of seven days';
COMMENT ON COLUMN trakt_gate.budget IS 'How many refreshes may begin at budget_at';

CREATE TABLE refresh_counts (
    minute  timestamptz PRIMARY KEY,
    renewed integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0
);

COMMENT ON TABLE refresh_counts IS 'How refreshes ended, by minute, for the brake: the last ten minutes are kept';
