-- What users watch, as Trakt has it.
CREATE TABLE media (
    kind       text NOT NULL,
    trakt      bigint NOT NULL,
    slug       text,
    imdb       text,
    tmdb       bigint,
    tvdb       bigint,
    title      text,
    year       integer,
    show       bigint,
    season     integer,
    number     integer,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, trakt),
    CONSTRAINT media_kind_known CHECK (kind IN ('movie', 'show', 'season', 'episode')),
    CONSTRAINT media_parts_have_a_place CHECK (
        CASE kind
            WHEN 'episode' THEN num_nulls(show, season, number) = 0
            WHEN 'season' THEN num_nulls(show, season) = 0 AND number IS NULL
            ELSE num_nonnulls(show, season, number) = 0
        END
    )
);

CREATE INDEX media_by_imdb ON media (imdb) WHERE imdb IS NOT NULL;
CREATE INDEX media_by_tmdb ON media (tmdb, kind) WHERE tmdb IS NOT NULL;
CREATE INDEX media_by_tvdb ON media (tvdb, kind) WHERE tvdb IS NOT NULL;

COMMENT ON TABLE media IS 'Movies, shows, seasons and episodes that any user has something to do with; nothing in it is about a user';
COMMENT ON COLUMN media.trakt IS 'Trakt''s number, by kind; it never changes';
COMMENT ON COLUMN media.slug IS 'Trakt''s word for it; it can change';
COMMENT ON COLUMN media.show IS 'Of a season or an episode: Trakt''s number of the show';
COMMENT ON COLUMN media.season IS 'The number of the season; 0 are the specials';
COMMENT ON COLUMN media.number IS 'Of an episode: its number in the season';

CREATE TABLE watch_states (
    user_id     uuid PRIMARY KEY,
    trakt_uuid  text NOT NULL,
    pull        uuid,
    lease_until timestamptz,
    started_at  timestamptz,
    finished_at timestamptz,
    reason      text,
    attempts    integer NOT NULL DEFAULT 0,
    read_at     timestamptz,
    next_at     timestamptz,
    seen_at     timestamptz,
    CONSTRAINT watch_states_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT watch_states_lease_whole CHECK ((pull IS NULL) = (lease_until IS NULL))
);

-- What the workers look for: its size and cost are those of what is due, not of what there is.
CREATE INDEX watch_states_due ON watch_states (next_at) WHERE next_at IS NOT NULL;

-- Whoever is linked already is spread over the first hour.
INSERT INTO watch_states (user_id, trakt_uuid, next_at)
SELECT user_id, trakt_uuid, now() + random() * interval '1 hour'
FROM trakt_users
WHERE status = 'active' AND user_id IS NOT NULL AND trakt_uuid IS NOT NULL;

COMMENT ON TABLE watch_states IS 'How reading a user''s data at Trakt stands';
COMMENT ON COLUMN watch_states.trakt_uuid IS 'Of which account the data is';
COMMENT ON COLUMN watch_states.pull IS 'The pull that is under way; what another one says is not stored';
COMMENT ON COLUMN watch_states.finished_at IS 'When a pull last came to its end';
COMMENT ON COLUMN watch_states.reason IS 'Why the last pull did not read everything';
COMMENT ON COLUMN watch_states.attempts IS 'How many pulls have begun since the last that read everything';
COMMENT ON COLUMN watch_states.read_at IS 'When the last pull began that read everything: the data is as of then';
COMMENT ON COLUMN watch_states.next_at IS 'When the next pull is due; null: nobody has asked';
COMMENT ON COLUMN watch_states.seen_at IS 'When the user was last seen';

CREATE TABLE watch_marks (
    user_id uuid NOT NULL,
    part    text NOT NULL,
    mark    text NOT NULL,
    rows    bigint NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, part),
    CONSTRAINT watch_marks_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE watch_marks IS 'How each part of a user''s data stood at Trakt when it was last read as a whole';
COMMENT ON COLUMN watch_marks.rows IS 'How many rows it had then';
COMMENT ON COLUMN watch_marks.mark IS 'Times of GET /sync/last_activities, compared for equality alone';

CREATE TABLE plays (
    user_id    uuid NOT NULL,
    id         bigint NOT NULL,
    kind       text NOT NULL,
    item       bigint NOT NULL,
    watched_at timestamptz,
    action     text,
    PRIMARY KEY (user_id, id),
    CONSTRAINT plays_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT plays_kind_known CHECK (kind IN ('movie', 'episode'))
);

CREATE INDEX plays_newest ON plays (user_id, coalesce(watched_at, '-infinity') DESC, id DESC);
CREATE INDEX plays_of_item ON plays (user_id, kind, item);

COMMENT ON TABLE plays IS 'The history: each time that something was watched';
COMMENT ON COLUMN plays.id IS 'Trakt''s id of the play';
COMMENT ON COLUMN plays.watched_at IS 'Null where Trakt does not know';
COMMENT ON COLUMN plays.action IS 'watch, scrobble, checkin, or a word of Trakt''s that is new';

CREATE TABLE playback (
    user_id   uuid NOT NULL,
    id        bigint NOT NULL,
    kind      text NOT NULL,
    item      bigint NOT NULL,
    progress  double precision NOT NULL,
    paused_at timestamptz,
    PRIMARY KEY (user_id, id),
    CONSTRAINT playback_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT playback_kind_known CHECK (kind IN ('movie', 'episode'))
);

COMMENT ON TABLE playback IS 'Where players stopped';
COMMENT ON COLUMN playback.id IS 'Trakt''s id of the entry';
COMMENT ON COLUMN playback.progress IS 'In percent';

CREATE TABLE ratings (
    user_id  uuid NOT NULL,
    kind     text NOT NULL,
    item     bigint NOT NULL,
    rating   smallint NOT NULL,
    rated_at timestamptz,
    PRIMARY KEY (user_id, kind, item),
    CONSTRAINT ratings_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT ratings_kind_known CHECK (kind IN ('movie', 'show', 'season', 'episode')),
    CONSTRAINT ratings_one_to_ten CHECK (rating BETWEEN 1 AND 10)
);

COMMENT ON TABLE ratings IS 'What the user thinks of things';

CREATE TABLE watchlist (
    user_id   uuid NOT NULL,
    id        bigint NOT NULL,
    kind      text NOT NULL,
    item      bigint NOT NULL,
    rank      bigint,
    listed_at timestamptz,
    notes     text,
    PRIMARY KEY (user_id, id),
    CONSTRAINT watchlist_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT watchlist_kind_known CHECK (kind IN ('movie', 'show', 'season', 'episode'))
);

COMMENT ON TABLE watchlist IS 'What the user means to watch';
COMMENT ON COLUMN watchlist.id IS 'Trakt''s id of the entry';
COMMENT ON COLUMN watchlist.rank IS 'Its place in the list, from 1';

CREATE TABLE hidden (
    user_id   uuid NOT NULL,
    list      text NOT NULL,
    show      bigint NOT NULL,
    hidden_at timestamptz,
    PRIMARY KEY (user_id, list, show),
    CONSTRAINT hidden_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT hidden_list_known CHECK (list IN ('hidden', 'dropped'))
);

COMMENT ON TABLE hidden IS 'Shows that are not to be shown among what is to be watched next';
COMMENT ON COLUMN hidden.list IS 'hidden, or dropped: the user gave it up';

CREATE TABLE watching (
    user_id  uuid NOT NULL,
    show     bigint NOT NULL,
    reset_at timestamptz,
    PRIMARY KEY (user_id, show),
    CONSTRAINT watching_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE watching IS 'The shows of which something was watched';
COMMENT ON COLUMN watching.reset_at IS 'Since when it is watched anew: plays before do not count';
