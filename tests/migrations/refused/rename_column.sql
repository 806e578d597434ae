ALTER TABLE users RENAME COLUMN subject TO outside_id;
