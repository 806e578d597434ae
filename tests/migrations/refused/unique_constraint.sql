ALTER TABLE users ADD CONSTRAINT users_hash_once UNIQUE (password_hash);
