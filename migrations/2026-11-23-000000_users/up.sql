CREATE TABLE users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email         text NOT NULL,
    role          text NOT NULL DEFAULT 'user',
    password_hash text,
    subject       text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_role_known CHECK (role IN ('user', 'admin')),
    CONSTRAINT users_subject_once UNIQUE (subject)
);

CREATE UNIQUE INDEX users_email_once ON users (lower(email));

COMMENT ON TABLE users IS 'The users of the media application, as far as this service knows them';
COMMENT ON COLUMN users.email IS 'Unique without regard to case';
COMMENT ON COLUMN users.role IS 'user or admin';
COMMENT ON COLUMN users.password_hash IS 'argon2id in PHC string format; null: no sign-in with a password';
COMMENT ON COLUMN users.subject IS 'What an outside identity provider calls the user (sub); null: not tied to one';
