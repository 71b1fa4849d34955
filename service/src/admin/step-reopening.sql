-- Locks the one row of the state: of two who step at once, one takes the step and the other is told that it is taken.
with stepped as (
  update campaign_state set share = $1::float8, version = version + 1
  where phase = 'open' and share = case $1::float8 when 0.1 then 0.01 when 1 then 0.1 end
  returning share, version
), audited as (
  insert into campaign_audit (action, actor, credential, reason, version)
  select 'step', $2, $3, 'to ' || share, version from stepped
)
select share, pg_notify('crowdproof_campaign', '')::text as notified from stepped
