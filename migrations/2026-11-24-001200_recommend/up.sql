-- What Trakt recommends to users.
CREATE TABLE recommendation_states (
    user_id    uuid NOT NULL,
    kind       text NOT NULL,
    trakt_uuid text NOT NULL,
    read_at    timestamptz,
    asked_at   timestamptz NOT NULL DEFAULT now(),
    next_at    timestamptz,
    attempts   integer NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, kind),
    CONSTRAINT recommendation_states_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT recommendation_states_kind_known CHECK (kind IN ('movie', 'show'))
);

CREATE INDEX recommendation_states_due ON recommendation_states (next_at) WHERE next_at IS NOT NULL;

COMMENT ON TABLE recommendation_states IS 'How reading the recommendations of users stands';
COMMENT ON COLUMN recommendation_states.trakt_uuid IS 'Of which account the list is';
COMMENT ON COLUMN recommendation_states.read_at IS 'When the list was read at Trakt; null: never';
COMMENT ON COLUMN recommendation_states.asked_at IS 'When the user last asked for it, to some minutes';
COMMENT ON COLUMN recommendation_states.next_at IS 'When it is read next, or the end of the lease of whoever reads it; null: nobody has asked for long';
COMMENT ON COLUMN recommendation_states.attempts IS 'How many readings have begun since the last that Trakt answered';

CREATE TABLE recommendations (
    user_id uuid NOT NULL,
    kind    text NOT NULL,
    place   integer NOT NULL,
    item    bigint NOT NULL,
    PRIMARY KEY (user_id, kind, place),
    CONSTRAINT recommendations_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE recommendations IS 'What Trakt recommends, the best first';

CREATE TABLE recommendation_hides (
    user_id   uuid NOT NULL,
    kind      text NOT NULL,
    item      bigint NOT NULL,
    hidden_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, kind, item),
    CONSTRAINT recommendation_hides_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE recommendation_hides IS 'What the user does not want to be recommended';
