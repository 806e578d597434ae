-- For the metrics: how old the oldest write is that waits.
CREATE INDEX IF NOT EXISTS outbox_oldest ON outbox (accepted_at) WHERE settled_at IS NULL;
