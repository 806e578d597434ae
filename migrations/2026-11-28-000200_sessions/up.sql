-- Who is signed in to the pages.
CREATE TABLE sessions (
    key        bytea PRIMARY KEY,
    user_id    uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    idle_at    timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_over ON sessions (least(idle_at, ends_at));

COMMENT ON TABLE sessions IS 'Who is signed in to the pages, each in one browser';
COMMENT ON COLUMN sessions.key IS 'SHA-256 of what the browser holds: a copy of the database signs nobody in';
COMMENT ON COLUMN sessions.idle_at IS 'When it is over unless the browser asks for something before';
COMMENT ON COLUMN sessions.ends_at IS 'When it is over in any case';
