-- The audit trail as chains of keyed hashes: see docs/audit.md. An older version of the program goes
-- on writing entries without a link in a chain, which `audit verify` names.

CREATE TABLE audit_keys (
    id         uuid PRIMARY KEY,
    key_id     text NOT NULL,
    sealed     text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    lost       boolean NOT NULL DEFAULT false,
    CONSTRAINT audit_keys_lost_are_retired CHECK (NOT lost OR retired_at IS NOT NULL)
);

CREATE UNIQUE INDEX audit_keys_one_in_use ON audit_keys ((true)) WHERE retired_at IS NULL;

COMMENT ON TABLE audit_keys IS 'The keys of the chains of the audit trail; the one that is not retired is in use';
COMMENT ON COLUMN audit_keys.sealed IS 'The key in base64, sealed';
COMMENT ON COLUMN audit_keys.lost IS 'What it was sealed with is gone: the links made with it cannot be checked';

CREATE TABLE audit_chain (
    shard    smallint NOT NULL,
    seq      bigint NOT NULL,
    entry_id bigint NOT NULL,
    key      uuid NOT NULL,
    adopted  boolean NOT NULL,
    mac      bytea NOT NULL,
    PRIMARY KEY (shard, seq),
    CONSTRAINT audit_chain_shard_known CHECK (shard BETWEEN 0 AND 15),
    CONSTRAINT audit_chain_entry_once UNIQUE (entry_id)
);

COMMENT ON TABLE audit_chain IS 'The place of every entry of audit_log in a chain; append-only';
COMMENT ON COLUMN audit_chain.shard IS 'Which chain: there are several, so that writers need not wait for each other';
COMMENT ON COLUMN audit_chain.seq IS 'From 1, without gaps';
COMMENT ON COLUMN audit_chain.adopted IS 'The entry was written without a place, and taken in later';
COMMENT ON COLUMN audit_chain.mac IS 'HMAC-SHA256 over the place, the mac before it and the entry, with the key of audit_keys';

CREATE TABLE audit_heads (
    shard smallint PRIMARY KEY,
    seq   bigint NOT NULL DEFAULT 0,
    mac   bytea NOT NULL DEFAULT '',
    CONSTRAINT audit_heads_shard_known CHECK (shard BETWEEN 0 AND 15)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE audit_heads IS 'The last link of each chain; locked by whoever appends';

INSERT INTO audit_heads (shard) SELECT generate_series(0, 15);

CREATE TABLE audit_checkpoints (
    shard     smallint PRIMARY KEY,
    seq       bigint NOT NULL,
    mac       bytea NOT NULL,
    key       uuid NOT NULL,
    signature bytea NOT NULL
);

COMMENT ON TABLE audit_checkpoints IS 'The last link of each chain that retention has removed: where a check begins';
COMMENT ON COLUMN audit_checkpoints.signature IS 'HMAC-SHA256 over shard, seq and mac, with the key of audit_keys';

-- Retention says in its transaction that it deletes. That is no right, and holds back slips of the
-- hand alone: what somebody else deletes is missing in the chain.
CREATE OR REPLACE FUNCTION audit_log_refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('trakt.audit_prune', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_chain_keep_rows
    BEFORE UPDATE OR DELETE ON audit_chain
    FOR EACH ROW EXECUTE FUNCTION audit_log_refuse_change();

CREATE TRIGGER audit_chain_keep_table
    BEFORE TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change();
