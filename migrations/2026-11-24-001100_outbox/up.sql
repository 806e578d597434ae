-- What users write here, until Trakt has it.
CREATE TABLE outbox (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    trakt_uuid  text NOT NULL,
    seq         bigint GENERATED ALWAYS AS IDENTITY,
    deed        text NOT NULL,
    part        text NOT NULL,
    kind        text,
    item        bigint,
    sought      text,
    wish        text NOT NULL,
    at          timestamptz NOT NULL,
    number      double precision,
    play        bigint,
    key         text,
    state       text NOT NULL DEFAULT 'queued',
    reason      text,
    alone       boolean NOT NULL DEFAULT false,
    meant       boolean NOT NULL DEFAULT false,
    accepted_at timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    settled_at  timestamptz,
    CONSTRAINT outbox_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT outbox_part_known CHECK (part IN ('history', 'ratings', 'watchlist', 'playback', 'recommendations')),
    CONSTRAINT outbox_state_known CHECK (state IN ('queued', 'sent', 'confirmed', 'refused')),
    CONSTRAINT outbox_settled CHECK ((settled_at IS NULL) = (state IN ('queued', 'sent')))
);

CREATE UNIQUE INDEX outbox_key_once ON outbox (user_id, key) WHERE key IS NOT NULL;
-- What waits, in order.
CREATE INDEX outbox_waiting ON outbox (user_id, seq) WHERE settled_at IS NULL;
-- What a pull must not undo.
CREATE INDEX outbox_settled_lately ON outbox (user_id, settled_at);
-- What a user wrote in a day, and plays of one thing.
CREATE INDEX outbox_of_day ON outbox (user_id, accepted_at);
CREATE INDEX outbox_of_item ON outbox (user_id, item, at) WHERE part = 'history';
-- What is forgotten.
CREATE INDEX outbox_old ON outbox (settled_at) WHERE settled_at IS NOT NULL;

COMMENT ON TABLE outbox IS 'What users want written at Trakt, in the order of its taking, and what became of it';
COMMENT ON COLUMN outbox.trakt_uuid IS 'For which account: it goes to no other';
COMMENT ON COLUMN outbox.sought IS 'The ids by which the caller named the thing, while Trakt could not be asked which it is';
COMMENT ON COLUMN outbox.wish IS 'What was asked for: the same key with another wish is a mistake';
COMMENT ON COLUMN outbox.at IS 'When it was watched, rated or played';
COMMENT ON COLUMN outbox.number IS 'The rating, or the progress in percent';
COMMENT ON COLUMN outbox.play IS 'Of a play that is removed: Trakt''s id; of one that is added: the id of its row in plays until Trakt''s is known';
COMMENT ON COLUMN outbox.key IS 'The Idempotency-Key of the request';
COMMENT ON COLUMN outbox.alone IS 'Together with others it was refused';
COMMENT ON COLUMN outbox.meant IS 'The user has said that so many changes are meant';
COMMENT ON COLUMN outbox.sent_at IS 'When it was sent last; from then on nobody knows whether Trakt has it, until it is settled';

CREATE TABLE outbox_turns (
    user_id     uuid PRIMARY KEY,
    push        uuid,
    lease_until timestamptz,
    next_at     timestamptz,
    attempts    integer NOT NULL DEFAULT 0,
    reason      text,
    CONSTRAINT outbox_turns_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT outbox_turns_lease_whole CHECK ((push IS NULL) = (lease_until IS NULL))
);

CREATE INDEX outbox_turns_due ON outbox_turns (next_at) WHERE next_at IS NOT NULL;

COMMENT ON TABLE outbox_turns IS 'Whose writes are to be sent next; one worker at a time is at those of a user';
COMMENT ON COLUMN outbox_turns.attempts IS 'How many turns in a row came to trouble';
COMMENT ON COLUMN outbox_turns.reason IS 'Why the last one did';

-- Rows that Trakt has not confirmed yet have ids below zero.
CREATE SEQUENCE unconfirmed AS bigint INCREMENT BY -1 MINVALUE -9223372036854775808 MAXVALUE -1 START WITH -1;
CREATE INDEX plays_unconfirmed ON plays (user_id, id) WHERE id < 0;
CREATE INDEX playback_of_item ON playback (user_id, kind, item);
CREATE INDEX watchlist_of_item ON watchlist (user_id, kind, item);

CREATE TABLE watch_holds (
    user_id uuid NOT NULL,
    side    text NOT NULL,
    part    text NOT NULL,
    adds    bigint NOT NULL,
    removes bigint NOT NULL,
    held    bigint NOT NULL,
    mark    text,
    meant   boolean NOT NULL DEFAULT false,
    held_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, side, part),
    CONSTRAINT watch_holds_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT watch_holds_side_known CHECK (side IN ('pull', 'push'))
);

COMMENT ON TABLE watch_holds IS 'Changes that are too many to be meant, until the user says that they are';
COMMENT ON COLUMN watch_holds.held IS 'How many rows there were';
COMMENT ON COLUMN watch_holds.mark IS 'Of a pull: how the part stood at Trakt; when it stands otherwise it is looked at anew';
COMMENT ON COLUMN watch_holds.meant IS 'The user has said so';

ALTER TABLE watch_states ADD COLUMN claimed_until timestamptz;

COMMENT ON COLUMN watch_states.claimed_until IS 'A worker has taken the user, and is about to begin';
