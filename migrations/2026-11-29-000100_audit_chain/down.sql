DROP TABLE audit_checkpoints;
DROP TABLE audit_heads;
DROP TABLE audit_chain;
DROP TABLE audit_keys;

CREATE OR REPLACE FUNCTION audit_log_refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
