ALTER TABLE trakt_users ALTER COLUMN failures TYPE bigint;
