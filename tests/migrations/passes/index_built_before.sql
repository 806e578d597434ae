-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS plays_by_item ON plays (item);
