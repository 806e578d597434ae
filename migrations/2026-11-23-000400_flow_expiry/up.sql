-- For the worker that ends flows which nobody asks about, and forgets ends that are a day old.
CREATE INDEX device_flows_by_expiry ON device_flows (expires_at) WHERE state <> 'ended';
CREATE INDEX device_flows_by_end ON device_flows (ended_at) WHERE ended_at IS NOT NULL;
