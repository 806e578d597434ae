-- No foreign keys: the trail outlives users and links.
CREATE TABLE audit_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    event      text NOT NULL,
    outcome    text NOT NULL,
    actor_id   uuid,
    subject_id uuid,
    link_id    uuid,
    trakt_slug text,
    trakt_uuid text,
    ip         text,
    request_id text,
    detail     text,
    CONSTRAINT audit_log_outcome_known CHECK (outcome IN ('succeeded', 'refused'))
);

CREATE INDEX audit_log_by_actor ON audit_log (actor_id, id);
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, id);
CREATE INDEX audit_log_by_event ON audit_log (event, id);
CREATE INDEX audit_log_by_time ON audit_log (at);

COMMENT ON TABLE audit_log IS 'Who did what to whose things, from where, and how it ended; append-only';
COMMENT ON COLUMN audit_log.event IS 'A word such as linked; new versions add words';
COMMENT ON COLUMN audit_log.actor_id IS 'The user who acted; null before sign-in and on the command line';
COMMENT ON COLUMN audit_log.subject_id IS 'Whose things it touched';
COMMENT ON COLUMN audit_log.detail IS 'A fixed word that says more; never text from outside';

CREATE FUNCTION audit_log_refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_log_keep_rows
    BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_refuse_change();

CREATE TRIGGER audit_log_keep_table
    BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change();
