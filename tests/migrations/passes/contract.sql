-- contract of 0.0.1: nothing reads it any more.
ALTER TABLE users DROP COLUMN subject;
