-- Locks: the new keys, until the commit; two auditors that find the same at once take turns, and the first one's time stays.
with found as (
  select distinct kind, subject from json_to_recordset($1::json) as row (kind text, subject text)
), added as (
  insert into auditor_findings (kind, subject) select kind, subject from found
  on conflict do nothing
  returning id, kind, subject, first_seen_at
), known as (
  select * from added
  union all
  select id, kind, subject, first_seen_at from auditor_findings where (kind, subject) in (select kind, subject from found)
)
select kind, subject, extract(epoch from clock_timestamp() - first_seen_at)::float8 as "ageSeconds",
       extract(epoch from first_seen_at)::float8 as "atSeconds",
       exists (select from handled_anomalies where anomaly_id = known.id) as "isHandled"
from known
