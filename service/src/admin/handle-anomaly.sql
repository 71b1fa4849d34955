-- No lock: the mark is made once, whoever comes second changes nothing.
with handled as (
  insert into handled_anomalies (anomaly_id, handled_by, note)
  select id, $2, $4 from anomalies where id = $1::uuid
  on conflict do nothing
  returning anomaly_id
), audited as (
  insert into campaign_audit (action, actor, credential, reason, version)
  select 'anomaly-handled', $2, $3, left($1::text || ': ' || $4, 500), version from handled cross join campaign_state
)
select exists (select from anomalies where id = $1::uuid) as "isKnown"
