-- Validity: visitors were started when they were due. What was sent late was sent as another curve.

-- observed
select count(*) as observed,
  coalesce(quantile_disc(startedMicroseconds - dueMicroseconds, 0.5), 0) / 1000 as millisecondsP50,
  coalesce(quantile_disc(startedMicroseconds - dueMicroseconds, 0.99), 0) / 1000 as millisecondsP99,
  coalesce(max(startedMicroseconds - dueMicroseconds), 0) / 1000 as millisecondsMax,
  count(*) filter (where startedMicroseconds - dueMicroseconds > (select startErrorMicrosecondsP99Max from settings)) as late
from arrivals;

-- violations
select 'started ' || round(quantile_disc(startedMicroseconds - dueMicroseconds, 0.99) / 1000, 1) || ' ms late at p99' as problem
from arrivals
having count(*) > 0
  and quantile_disc(startedMicroseconds - dueMicroseconds, 0.99) > (select startErrorMicrosecondsP99Max from settings)
union all by name
select 'started before due' as problem from arrivals where startedMicroseconds < dueMicroseconds having count(*) > 0;
