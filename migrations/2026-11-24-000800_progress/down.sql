DROP INDEX watchlist_by_rank;
DROP INDEX ratings_newest;
DROP INDEX watching_of_show;
ALTER TABLE watching DROP COLUMN next_airs, DROP COLUMN next_item, DROP COLUMN completed, DROP COLUMN last_watched_at;
DROP TABLE catalogues;
DROP INDEX media_by_slug;
DROP INDEX media_episodes_of_show;
ALTER TABLE media DROP COLUMN first_aired;
