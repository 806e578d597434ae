ALTER TABLE users ADD CONSTRAINT users_email_has_at CHECK (email LIKE '%@%');
