-- The same write may be asked for under several keys: two devices, one minute.
CREATE TABLE outbox_keys (
    user_id uuid NOT NULL,
    key     text NOT NULL,
    write   uuid NOT NULL,
    wish    text NOT NULL,
    PRIMARY KEY (user_id, key),
    CONSTRAINT outbox_keys_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT outbox_keys_write FOREIGN KEY (write) REFERENCES outbox (id) ON DELETE CASCADE
);

CREATE INDEX outbox_keys_of_write ON outbox_keys (write);

COMMENT ON TABLE outbox_keys IS 'Idempotency-Keys of requests that asked for a write which another request had made';
COMMENT ON COLUMN outbox_keys.wish IS 'As outbox.wish, of the request that came later';

-- Which write made a play, for each page of plays that a pull brings.
CREATE INDEX outbox_of_play ON outbox (user_id, play) WHERE play IS NOT NULL;

-- A list of one type, in an account that has mostly the other.
CREATE INDEX plays_newest_of_kind ON plays (user_id, kind, coalesce(watched_at, '-infinity') DESC, id DESC);

-- Shows of which nothing is known yet come first.
CREATE INDEX catalogues_due_unread_first ON catalogues ((read_at IS NOT NULL), next_at);
DROP INDEX catalogues_due;
