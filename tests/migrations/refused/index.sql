CREATE INDEX plays_by_item ON plays (item);
