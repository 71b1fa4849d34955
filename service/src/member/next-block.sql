-- No lock: nextval never waits for another transaction and is never rolled back, so a block is given once.
-- As a double: serials end at 10^10, far below 2^53.
select nextval('member_serial_blocks')::float8 as first
