CREATE INDEX catalogues_due ON catalogues (next_at);
DROP INDEX catalogues_due_unread_first;
DROP INDEX plays_newest_of_kind;
DROP INDEX outbox_of_play;
DROP TABLE outbox_keys;
