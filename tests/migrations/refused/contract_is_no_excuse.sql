-- contract of 0.0.1: nothing reads it any more.
ALTER TABLE users ADD COLUMN locale text NOT NULL;
