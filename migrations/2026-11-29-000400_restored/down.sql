ALTER TABLE trakt_gate DROP COLUMN restored_at, DROP COLUMN believe_until;
