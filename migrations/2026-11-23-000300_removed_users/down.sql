DROP TRIGGER users_removed ON users;
DROP FUNCTION note_removed_user();
DROP FUNCTION user_was_removed(text, text);
DROP FUNCTION removed_user_digests(text, text);
DROP TABLE removed_users;
