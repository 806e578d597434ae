-- What others are told of, and how the telling stands.
CREATE TABLE webhook_endpoints (
    key     text PRIMARY KEY,
    name    text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    gone_at timestamptz
);

COMMENT ON TABLE webhook_endpoints IS 'Who is told: the endpoints that the settings of some process name';
COMMENT ON COLUMN webhook_endpoints.key IS 'A digest of the address, which may hold a secret and is not stored';
COMMENT ON COLUMN webhook_endpoints.name IS 'The address without path and query';
COMMENT ON COLUMN webhook_endpoints.seen_at IS 'When a process named it last: one that none has named for three days is told nothing more';
COMMENT ON COLUMN webhook_endpoints.gone_at IS 'When it answered 410: it is told nothing until a process starts that names it';

CREATE TABLE webhook_events (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    seq            bigint GENERATED ALWAYS AS IDENTITY,
    kind           text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    subject_id     uuid NOT NULL,
    link_id        uuid,
    trakt_slug     text,
    trakt_username text,
    reason         text,
    parts          text[] NOT NULL DEFAULT '{}',
    adds           bigint[] NOT NULL DEFAULT '{}',
    removes        bigint[] NOT NULL DEFAULT '{}',
    held           bigint[] NOT NULL DEFAULT '{}',
    CONSTRAINT webhook_events_seq_once UNIQUE (seq)
);

CREATE INDEX webhook_events_old ON webhook_events (at);

COMMENT ON TABLE webhook_events IS 'What happened that others are told of, for a week; each is written in the transaction of its effect';
COMMENT ON COLUMN webhook_events.subject_id IS 'Whose. The user may be gone by now';
COMMENT ON COLUMN webhook_events.reason IS 'A word that says more; of changes that are held: their side';
COMMENT ON COLUMN webhook_events.parts IS 'Of a pull or of changes that are held: the parts, with what was or would be added and removed, and of how much';

CREATE TABLE webhook_deliveries (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id   uuid NOT NULL,
    endpoint   text NOT NULL,
    state      text NOT NULL DEFAULT 'pending',
    attempts   integer NOT NULL DEFAULT 0,
    asked_at   timestamptz NOT NULL DEFAULT now(),
    next_at    timestamptz DEFAULT now(),
    send       uuid,
    status     integer,
    reason     text,
    settled_at timestamptz,
    CONSTRAINT webhook_deliveries_once UNIQUE (event_id, endpoint),
    CONSTRAINT webhook_deliveries_event FOREIGN KEY (event_id) REFERENCES webhook_events (id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_state_known CHECK (state IN ('pending', 'delivered', 'failed')),
    CONSTRAINT webhook_deliveries_settled CHECK ((settled_at IS NULL) = (state = 'pending')),
    CONSTRAINT webhook_deliveries_due CHECK ((next_at IS NULL) = (state <> 'pending'))
);

CREATE INDEX webhook_deliveries_next ON webhook_deliveries (endpoint, next_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (asked_at) WHERE state = 'pending';

COMMENT ON TABLE webhook_deliveries IS 'How the telling of each event to each endpoint stands';
COMMENT ON COLUMN webhook_deliveries.asked_at IS 'Since when it is tried: it is given up three days later';
COMMENT ON COLUMN webhook_deliveries.send IS 'Who is at it; should they never come back, it is due again at next_at';
COMMENT ON COLUMN webhook_deliveries.status IS 'The last answer''s';
COMMENT ON COLUMN webhook_deliveries.reason IS 'Why there was no good answer';

CREATE TABLE webhook_changes (
    user_id uuid NOT NULL,
    part    text NOT NULL,
    stored  bigint NOT NULL,
    removed bigint NOT NULL,
    PRIMARY KEY (user_id, part),
    CONSTRAINT webhook_changes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE webhook_changes IS 'What pulls have changed since the last one that came to its end: counts of the next event';
