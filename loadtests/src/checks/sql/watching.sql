-- Validity: somebody watched. The rules were evaluated all the time, whom they look at was scraped, and all alerts that
-- fired are on record. Silence of who did not look is no silence.

-- observed
select
  coalesce((select max(value) from observations where kind = 'watch' and name = 'evaluations'), 0)::bigint as observed,
  (select max(value) from observations where kind = 'watch' and name = 'gap') as gapSeconds,
  (select max(value) from observations where kind = 'watch' and name = 'scrapes') as scrapes;

-- parts
select 'rules evaluated' as part, coalesce(max(value), 0)::bigint as observed, true as isRequired
from observations where kind = 'watch' and name = 'evaluations'
union all
select 'targets scraped', coalesce(max(value), 0)::bigint, true from observations where kind = 'watch' and name = 'scrapes';

-- violations
select name as problem from observations where kind = 'alerts-end' and name is not null
union all
select 'the alerts were never read' from observations having count(*) filter (where kind = 'alerts-end') = 0
union all
select 'alerts are missing from the history' from observations
having max(value) filter (where kind = 'alerts-end') <> (select count(*) from alerts)
union all
-- As long as the dead-man's switch takes to notice.
select 'nobody looked for ' || round(max(value), 1) || ' s' from observations
where kind = 'watch' and name = 'gap' having max(value) > 15;
