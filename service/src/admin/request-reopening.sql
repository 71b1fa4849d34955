-- No lock: the request is bound to the version it saw, and void at the next. Nothing is changed but what is added.
with requested as (
  insert into reopenings (version, requested_by, credential, reason)
  select version, $1, $2, $3 from campaign_state where phase = 'halted'
  returning id, version, requested_at
), audited as (
  insert into campaign_audit (action, actor, credential, reason, version)
  select 'reopening-requested', $1, $2, $3, version from requested
)
select id, extract(epoch from requested_at + interval '30 minutes')::float8 * 1000 as "expiresAtMs" from requested
