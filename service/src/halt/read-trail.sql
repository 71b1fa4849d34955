-- No lock. The trail grows by people's acts and by at most two lines a second and process while a halt goes on.
select
  (select coalesce(json_object_agg(halted_by, times), '{}') from (
     select halted_by, count(*) as times from campaign_audit where action = 'halt' group by halted_by
   ) as halts) as halts,
  count(*) filter (where action = 'break-glass')::float8 as "breakGlass",
  extract(epoch from max(at) filter (where action = 'break-glass'))::float8 * 1000 as "brokenGlassAtMs",
  extract(epoch from max(at) filter (where action in ('break-glass', 'reopening-approved')))::float8 * 1000 as "reopenedAtMs"
from campaign_audit
