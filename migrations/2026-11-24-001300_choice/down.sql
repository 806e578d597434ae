DROP INDEX outbox_of_user;
ALTER TABLE recommendation_states DROP COLUMN lease_until;
ALTER TABLE watch_states DROP COLUMN seen_rows;
ALTER TABLE watch_states DROP COLUMN reading;
DROP TABLE watch_choices;
