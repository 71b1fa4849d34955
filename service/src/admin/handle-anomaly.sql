-- No lock: the mark is made once, whoever comes second changes nothing.
with known as (
  select id from anomalies where id = $1::uuid
  union all
  select id from auditor_findings where id = $1::uuid
), handled as (
  insert into handled_anomalies (anomaly_id, handled_by, note)
  select id, $2::text, $4::text from known
  on conflict do nothing
  returning anomaly_id
), audited as (
  insert into campaign_audit (action, actor, credential, reason, version)
  select 'anomaly-handled', $2, $3, left($1::text || ': ' || $4, 500), version from handled cross join campaign_state
)
select exists (select from known) as "isKnown"
