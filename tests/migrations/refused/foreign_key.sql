ALTER TABLE plays ADD CONSTRAINT plays_of_link FOREIGN KEY (user_id) REFERENCES trakt_users (user_id);
