-- Locks the one row of the state, as an approval does. In steps like every reopening; only the second person is missing.
with reopened as (
  update campaign_state
  set phase = 'open', share = 0.01, reason = $3, version = version + 1, since = clock_timestamp(),
      reopened_at = clock_timestamp()
  where phase = 'halted'
  returning share, version
), audited as (
  insert into campaign_audit (action, actor, credential, reason, version)
  select 'break-glass', $1, $2, $3, version from reopened
)
select share, pg_notify('crowdproof_campaign', '')::text as notified from reopened
