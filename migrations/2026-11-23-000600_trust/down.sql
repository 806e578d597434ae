ALTER TABLE trakt_users DROP COLUMN refused_in_row;
DROP INDEX trakt_users_by_key;
DROP INDEX trakt_users_lost;
CREATE TABLE refresh_counts (
    minute  timestamptz PRIMARY KEY,
    renewed integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE refresh_counts IS 'How refreshes ended, by minute, for the brake: the last ten minutes are kept';
ALTER TABLE trakt_gate
    DROP CONSTRAINT trakt_gate_rate_allows_one,
    ADD CONSTRAINT trakt_gate_rate_positive CHECK (rate > 0),
    DROP COLUMN trust_at,
    DROP COLUMN trust;
