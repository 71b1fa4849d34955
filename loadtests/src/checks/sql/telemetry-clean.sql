-- Invariant: nobody's canary stands in the target's logs or on its metrics page.

-- parts
select coalesce(name, 'scan') as part, coalesce(sum(value), 0)::bigint as observed, false as isRequired
from observations where kind = 'scan' group by name
union all
select 'logs', 0, true where (select hasLogs from settings) and not exists
  (select 1 from observations where kind = 'scan' and name = 'logs')
union all
select 'metrics', 0, true where (select hasMetrics from settings) and not exists
  (select 1 from observations where kind = 'scan' and name = 'metrics')
order by part;

-- violations
select atMicroseconds, name as foundIn, canary.visitor as victim, canary.field as field, canary.place as place
from (select *, unnest("foreign") as canary from observations where kind = 'scan' and len("foreign") > 0)
union all by name
select atMicroseconds, name as foundIn, visitor as victim, array_to_string(own, ', ') as field, null as place
from observations where kind = 'scan' and len(own) > 0;

-- unknowns
select atMicroseconds, name || ' could not be read' as problem from observations where kind = 'scan' and value is null;
