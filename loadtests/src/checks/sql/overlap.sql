-- How much of a crowd it was: the share of distinct visitors who had another visitor's signup in flight, between its last
-- byte sent and the first byte of its answer, by step. Bursts overlap by construction and double-taps with themselves:
-- apart. Sorted by start, an interval meets another when the latest end so far lies after its start, or the next start
-- before its end: n log n, where comparing pairs would be n².

-- prepare
create or replace temp table overlap as
with flights as (
  select r.visitor, r.step, r.sentMicroseconds as "from", coalesce(r.firstByteMicroseconds, r.endedMicroseconds) as "to",
    case when a.burst > 0 then 'burst' else 'curve' end as scope
  from requests r join arrivals a using (visitor)
  where r.role in ('sign-up', 'come-back') and r.phase = 'campaign' and r.purpose <> 'double-tap'
    and r.sentMicroseconds is not null
  union all
  -- Where the service told its own time, it is laid at the end of the flight: the network's part is not known.
  select r.visitor, r.step, r.firstByteMicroseconds - (r.originMilliseconds * 1000)::bigint, r.firstByteMicroseconds, 'origin'
  from requests r join arrivals a using (visitor)
  where r.role in ('sign-up', 'come-back') and r.phase = 'campaign' and r.purpose <> 'double-tap' and a.burst = 0
    and r.originMilliseconds > 0 and r.firstByteMicroseconds is not null
),
met as (
  select visitor, step, scope,
    coalesce(max("to") over earlier > "from", false)
      or coalesce(lead("from") over (partition by step, scope order by "from", "to", visitor) < "to", false) as isMet
  from flights
  window earlier as (partition by step, scope order by "from", "to", visitor rows between unbounded preceding and 1 preceding)
),
people as (select scope, step, visitor, bool_or(isMet) as isMet from met group by all)
select scope, step, count(*) as visitors, count(*) filter (where isMet) as overlapped from people group by scope, step
union all
select scope, null, count(*), count(*) filter (where isMet)
from (select scope, visitor, bool_or(isMet) as isMet from people group by all) group by scope;
