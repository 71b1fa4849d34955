-- No lock. What the guard recorded and what the auditor found, less what somebody has handled; the newest first. Each row
-- says how many there are beyond these: they come once these are handled.
select id, kind, extract(epoch from at)::float8 * 1000 as "atMs", place,
       greatest(count(*) over () - 200, 0)::int as beyond
from (
  select id, kind, at, route as place from anomalies
  union all
  select id, kind, first_seen_at, subject from auditor_findings
) as finding
where not exists (select from handled_anomalies where anomaly_id = finding.id)
order by at desc
limit 200
