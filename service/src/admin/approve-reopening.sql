-- Locks the one row of the state: a halt that comes at the same moment waits and then closes again, or was first and has
-- raised the version, and then this does nothing.
-- Two people: another name and another credential than who asked.
with approved as (
  update campaign_state
  set phase = 'open', share = 0.01, reason = reopening.reason, version = campaign_state.version + 1,
      since = clock_timestamp(), reopened_at = clock_timestamp()
  from reopenings as reopening
  where reopening.id = $1 and campaign_state.phase = 'halted' and campaign_state.version = reopening.version
    and reopening.requested_by <> $2 and reopening.credential <> $3
    and reopening.requested_at > clock_timestamp() - interval '30 minutes'
  returning campaign_state.share, campaign_state.version, campaign_state.reason
), audited as (
  insert into campaign_audit (action, actor, credential, reason, version)
  select 'reopening-approved', $2, $3, reason, version from approved
)
select share, pg_notify('crowdproof_campaign', '')::text as notified from approved
