-- Takes a share lock on each member's key (foreign key), which no signup ever waits for.
insert into sessions (token_hash, member_id, expires_at)
select token_hash, member_id, now() + make_interval(secs => $3)
from unnest($1::bytea[], $2::uuid[]) as opened (token_hash, member_id)
