ALTER TABLE watch_states DROP COLUMN seen_rows;
ALTER TABLE watch_states DROP COLUMN reading;
DROP TABLE watch_choices;
