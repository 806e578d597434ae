DROP TABLE removed_users;
