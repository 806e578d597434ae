ALTER TABLE removed_users RENAME TO gone_users;
