DROP INDEX device_flows_by_end;
DROP INDEX device_flows_by_expiry;
