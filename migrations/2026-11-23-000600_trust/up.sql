-- The brake believes what a credit allows, and keys are found without reading every link.
ALTER TABLE trakt_gate
    ADD COLUMN trust    double precision NOT NULL DEFAULT 5,
    ADD COLUMN trust_at timestamptz NOT NULL DEFAULT now(),
    DROP CONSTRAINT trakt_gate_rate_positive,
    ADD CONSTRAINT trakt_gate_rate_allows_one CHECK (rate >= 1);

COMMENT ON COLUMN trakt_gate.trust IS 'How many refused refresh tokens would be believed at trust_at; each one believed costs 1, a refresh that works and time give it back';

DROP TABLE refresh_counts;

-- The links that the brake gives back, and which key seals what.
CREATE INDEX trakt_users_lost ON trakt_users (status_since) WHERE status = 'needs_relink';
CREATE INDEX trakt_users_by_key ON trakt_users (key_id, id) WHERE key_id IS NOT NULL;

-- Pairs that Trakt gives and then refuses, one after the other.
ALTER TABLE trakt_users ADD COLUMN refused_in_row integer NOT NULL DEFAULT 0;

COMMENT ON COLUMN trakt_users.refused_in_row IS 'How many access tokens were refused since one has worked: each makes the next refresh wait twice as long';
