-- A token of an outside identity provider outlives the deletion of its user. Without this trace
-- it would make the same user anew at the next request.
CREATE TABLE removed_users (
    digest     bytea PRIMARY KEY,
    removed_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE removed_users IS 'Deleted users, by digest: an outside token may not bring them back, an operator may';
COMMENT ON COLUMN removed_users.digest IS 'SHA-256 of email:<address in lower case> or subject:<sub>';

CREATE FUNCTION removed_user_digests(email text, subject text) RETURNS bytea[]
    LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[sha256(convert_to('email:' || lower(email), 'UTF8')),
                 sha256(convert_to('subject:' || coalesce(subject, ''), 'UTF8'))]
$$;

CREATE FUNCTION user_was_removed(email text, subject text) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM removed_users
                   WHERE digest = ANY (removed_user_digests(email, subject)))
$$;

CREATE FUNCTION note_removed_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO removed_users (digest)
        SELECT unnest(removed_user_digests(OLD.email, coalesce(OLD.subject, OLD.id::text)))
        ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM removed_users
        WHERE digest = ANY (removed_user_digests(NEW.email, NEW.subject));
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER users_removed AFTER INSERT OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION note_removed_user();
