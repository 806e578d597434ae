DROP TABLE key_checks;
DROP TABLE token_revocations;
DROP TABLE device_flows;
DROP TABLE trakt_users;
