-- Validity: what sent the crowd was not itself the bottleneck. Later requests leave when they are meant to, and the
-- generator never stood still for a second.

-- observed
select count(*) as observed,
  coalesce(quantile_disc(startedMicroseconds - intendedMicroseconds, 0.99), 0) / 1000 as millisecondsP99,
  (select coalesce(max(value), 0) from observations where kind = 'lag') as lagSecondsMax
from requests where phase = 'campaign';

-- parts
select 'lag measured' as part, count(*) as observed, true as isRequired from observations where kind = 'lag';

-- violations
-- Ten times what a start may be late: a request under way competes with answers being read on the same thread.
select 'sent ' || round(quantile_disc(startedMicroseconds - intendedMicroseconds, 0.99) / 1000, 1) || ' ms later than meant at p99'
  as problem
from requests where phase = 'campaign'
having count(*) > 0 and quantile_disc(startedMicroseconds - intendedMicroseconds, 0.99)
  > 10 * (select startErrorMicrosecondsP99Max from settings)
union all
select 'stood still for ' || round(max(value), 2) || ' s' from observations where kind = 'lag' having max(value) > 1;
