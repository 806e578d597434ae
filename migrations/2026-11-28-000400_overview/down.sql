DROP INDEX watch_states_in_trouble;
DROP INDEX trakt_users_expiring;
DROP INDEX trakt_users_by_status;
