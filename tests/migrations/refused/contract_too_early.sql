-- contract of 99.0.0: nothing reads it any more.
ALTER TABLE users DROP COLUMN subject;
