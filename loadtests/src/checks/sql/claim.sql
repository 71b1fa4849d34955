-- Validity: the plan's claim was earned. wiring: each step worked. crowd: also the overlap that was aimed at, and a burst
-- of 64 or more. saturated: also a sign of it that is visible from outside: people waiting or refused, or the knee.

-- prepare
-- The knee: first answers take three times longer in the busiest tenth of the seconds than in the calmer half.
create or replace temp table knee as
with seconds as (
  select a.dueMicroseconds // 1000000 as second, count(*) as people, median(r.endedMicroseconds - a.dueMicroseconds) as took
  from arrivals a join requests r on r.visitor = a.visitor and r.request = 1
  where r.purpose <> 'abandoned'
  group by all
),
ranked as (select took, percent_rank() over (order by people) as rank from seconds)
select coalesce(median(took) filter (where rank >= 0.9) > 3 * median(took) filter (where rank <= 0.5), false) as isBent
from ranked;

-- observed
select count(*) as observed,
  (select max(visitors) from (select count(*) as visitors from arrivals where burst > 0 group by burst)) as burstVisitorsMax,
  (select count(*) from requests where class in ('waiting', 'refused') and role in ('sign-up', 'come-back')) as turnedAway,
  (select 100 * overlapped / visitors from overlap where scope = 'curve' and step is null) as overlapPercent,
  (select 100 * overlapped / visitors from overlap where scope = 'burst' and step is null) as burstOverlapPercent,
  (select 100 * overlapped / visitors from overlap where scope = 'origin' and step is null) as originOverlapPercent
from requests where class in ('acknowledged', 'served');

-- violations
-- Coming back is for those who were told to wait, signing out for whoever the visitor has it do so.
select 'step never worked: ' || s.step as problem
from steps s
where s.role not in ('come-back', 'sign-out', 'clean-up')
  and not exists (select 1 from requests r where r.step = s.step and r.class in ('acknowledged', 'served'))
union all
select 'nobody became a member' where not exists (select 1 from requests where class = 'acknowledged')
union all
select 'overlap of ' || coalesce(round(100 * o.overlapped / o.visitors)::integer::varchar || ' %', 'nobody') || ', aimed at ' ||
  round(100 * overlapTargetRatio)::integer || ' %'
from settings left join overlap o on o.scope = 'curve' and o.step is null
where claim in ('crowd', 'saturated') and coalesce(o.overlapped / o.visitors, 0) < overlapTargetRatio
union all
select 'no burst of 64 people or more' from settings
where claim in ('crowd', 'saturated')
  and not exists (select 1 from arrivals where burst > 0 group by burst having count(*) >= 64)
union all
select 'nobody waited or was refused, and answers grew no slower in the busiest seconds' from settings
where claim = 'saturated' and not (select isBent from knee)
  and not exists (select 1 from requests where class in ('waiting', 'refused') and role in ('sign-up', 'come-back'));
