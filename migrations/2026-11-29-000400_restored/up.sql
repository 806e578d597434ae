-- After a restore many refresh tokens are refused that were used since the backup was made: that is no
-- incident at Trakt, and their users have to be told.
ALTER TABLE trakt_gate ADD COLUMN believe_until timestamptz;

COMMENT ON COLUMN trakt_gate.believe_until IS 'Until then every refused refresh token is believed: an operator has said that the database comes from a backup';
