ALTER TABLE trakt_gate DROP COLUMN believe_until;
