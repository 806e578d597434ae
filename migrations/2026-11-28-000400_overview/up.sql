-- For the page that shows operators how everything stands: what it counts it counts by these.
CREATE INDEX IF NOT EXISTS trakt_users_by_status ON trakt_users (status);
CREATE INDEX IF NOT EXISTS trakt_users_expiring ON trakt_users (token_expires_at) WHERE status = 'active';
CREATE INDEX IF NOT EXISTS watch_states_in_trouble ON watch_states (user_id) WHERE reason IS NOT NULL;
