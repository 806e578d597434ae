-- What users let this service do, and how far the pulls are that are under way.
CREATE TABLE watch_choices (
    user_id         uuid PRIMARY KEY,
    pull            boolean NOT NULL DEFAULT true,
    push            boolean NOT NULL DEFAULT true,
    recommendations boolean NOT NULL DEFAULT true,
    changed_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT watch_choices_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE watch_choices IS 'What users have switched on and off; everything is on for those without a row';
COMMENT ON COLUMN watch_choices.pull IS 'Reading at Trakt what the user watches';
COMMENT ON COLUMN watch_choices.push IS 'Writing there what the user does here';
COMMENT ON COLUMN watch_choices.recommendations IS 'Asking Trakt what it recommends';

ALTER TABLE watch_states ADD COLUMN reading text;
ALTER TABLE watch_states ADD COLUMN seen_rows bigint;

COMMENT ON COLUMN watch_states.reading IS 'The part that the pull is reading; null: none is under way, or it has read nothing yet';
COMMENT ON COLUMN watch_states.seen_rows IS 'How many rows of that part it has seen so far';

ALTER TABLE recommendation_states ADD COLUMN lease_until timestamptz;

COMMENT ON COLUMN recommendation_states.lease_until IS 'Until then nobody begins to read the list: somebody is at it, or could not read it a moment ago';

-- The writes of a user, in order and whatever became of them: the export pages through them.
CREATE INDEX outbox_of_user ON outbox (user_id, seq);
