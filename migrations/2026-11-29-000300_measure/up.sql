-- For the metrics: how old the oldest write is that waits.
-- Large tables: build it by hand before (migrations/README.md, rule 4).
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS outbox_oldest ON outbox (accepted_at) WHERE settled_at IS NULL;
