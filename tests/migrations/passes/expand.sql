CREATE TABLE locales (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    locale  text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT locales_known CHECK (locale IN ('en', 'de'))
);

CREATE INDEX locales_by_time ON locales (seen_at);

COMMENT ON TABLE locales IS 'In which language a user is spoken to';

ALTER TABLE users
    ADD COLUMN locale  text,
    ADD COLUMN counted boolean NOT NULL DEFAULT false;

ALTER TABLE users ADD CONSTRAINT users_locale_known CHECK (locale IN ('en', 'de')) NOT VALID;

CREATE OR REPLACE FUNCTION user_was_removed(email text, subject text) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM removed_users
                   WHERE digest = ANY (removed_user_digests(email, subject)))
$$;

CREATE TRIGGER locales_noted AFTER INSERT ON locales
    FOR EACH ROW EXECUTE FUNCTION note_removed_user();
