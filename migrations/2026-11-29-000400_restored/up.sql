-- After a restore many refresh tokens are refused that were used since the backup was made: that is no
-- incident at Trakt, and their users have to be told.
ALTER TABLE trakt_gate ADD COLUMN believe_until timestamptz,
    ADD COLUMN restored_at timestamptz;

COMMENT ON COLUMN trakt_gate.believe_until IS 'Until then every refused refresh token is believed that is older than restored_at: an operator has said that the database comes from a backup';
COMMENT ON COLUMN trakt_gate.restored_at IS 'When that was said';
