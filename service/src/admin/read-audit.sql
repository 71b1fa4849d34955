-- No lock. The newest first, and a limit: who wants more asks for what is before the last one's id.
select id::float8, extract(epoch from at)::float8 * 1000 as "atMs", action, halted_by as "haltedBy", actor, credential,
       reason, extract(epoch from cause_at)::float8 * 1000 as "causeAtMs", version::float8
from campaign_audit
where id < $1
order by id desc
limit 200
