-- What comes next: which episodes the shows have, and how far each user is in each.
ALTER TABLE media ADD COLUMN first_aired timestamptz;

COMMENT ON COLUMN media.first_aired IS 'Of an episode: when it aired or will. Null: nobody knows, or the catalogue does not have it';

-- The columns that counting needs, so that no row has to be visited.
CREATE INDEX media_episodes_of_show ON media (show, season, number) INCLUDE (first_aired, trakt) WHERE kind = 'episode';
CREATE INDEX media_by_slug ON media (slug, kind) WHERE slug IS NOT NULL;

CREATE TABLE catalogues (
    show     bigint PRIMARY KEY,
    read_at  timestamptz,
    next_at  timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0
);

CREATE INDEX catalogues_due ON catalogues (next_at);

COMMENT ON TABLE catalogues IS 'The shows that anybody watches, and when their episodes are read at Trakt; nothing in it is about a user';
COMMENT ON COLUMN catalogues.show IS 'Trakt''s number of the show';
COMMENT ON COLUMN catalogues.read_at IS 'When its episodes were last read; null: never, and nothing is counted of it yet';
COMMENT ON COLUMN catalogues.next_at IS 'When they are read next; while they are being read, the end of that lease';
COMMENT ON COLUMN catalogues.attempts IS 'How many readings have begun since the last that Trakt answered';

ALTER TABLE watching ADD COLUMN last_watched_at timestamptz;
ALTER TABLE watching ADD COLUMN completed integer NOT NULL DEFAULT 0;
ALTER TABLE watching ADD COLUMN next_item bigint;
ALTER TABLE watching ADD COLUMN next_airs timestamptz;

CREATE INDEX watching_of_show ON watching (show, user_id);

COMMENT ON COLUMN watching.last_watched_at IS 'When an episode was last watched, specials left out';
COMMENT ON COLUMN watching.completed IS 'How many episodes are completed: watched since the reset, specials left out';
COMMENT ON COLUMN watching.next_item IS 'Trakt''s number of the first episode after the furthest completed one, aired or yet to air';
COMMENT ON COLUMN watching.next_airs IS 'When that one aired or will';

CREATE INDEX ratings_newest ON ratings (user_id, coalesce(rated_at, '-infinity') DESC, kind DESC, item DESC);
CREATE INDEX watchlist_by_rank ON watchlist (user_id, coalesce(rank, 9223372036854775807), id);

-- The episodes of what is watched already are read over the first hour.
INSERT INTO catalogues (show, next_at)
SELECT show, now() + random() * interval '1 hour' FROM (SELECT DISTINCT show FROM watching) AS shows;
