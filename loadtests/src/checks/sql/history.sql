-- Validity: the history is whole. Every planned visitor arrived once, each arrival has one done with its number of
-- requests, the end has the totals, and every line is an event of this run.

-- prepare
create or replace temp table perVisitor as
select visitor, count(*) as lines, count(distinct request) as requests, max(request) as last
from requests group by visitor;

-- observed
select count(*) as observed, (select count(*) from planned) as planned from arrivals;

-- violations
select 'lines ' || lineFault as problem, count(*) as times, null::bigint as visitor from events where lineFault is not null group by lineFault
union all by name
select 'the last line is half written' as problem, 1 as times from settings where not isLastLineWhole
union all by name
select 'planned, never started' as problem, count(*) as times, min(visitor) as visitor
from planned anti join arrivals using (visitor) having count(*) > 0
union all by name
select 'started, not planned so' as problem, count(*) as times, min(a.visitor) as visitor
from arrivals a left join planned p using (visitor)
where p.visitor is null or p.dueMicroseconds <> a.dueMicroseconds or p.behaviour <> a.behaviour or p.burst <> a.burst
having count(*) > 0
union all by name
select 'arrivals written twice' as problem, count(*) as times, min(visitor) as visitor
from (select visitor from arrivals group by visitor having count(*) > 1) having count(*) > 0
union all by name
select 'arrivals without a done' as problem, count(*) as times, min(visitor) as visitor
from arrivals anti join dones using (visitor) having count(*) > 0
union all by name
select 'dones without an arrival' as problem, count(*) as times, min(visitor) as visitor
from dones anti join arrivals using (visitor) having count(*) > 0
union all by name
select 'dones written twice' as problem, count(*) as times, min(visitor) as visitor
from (select visitor from dones group by visitor having count(*) > 1) having count(*) > 0
union all by name
select 'visitors whose requests are not as many as their done says' as problem, count(*) as times, min(d.visitor) as visitor
from dones d left join perVisitor r using (visitor)
where coalesce(r.requests, 0) <> d.requests or coalesce(r.last, 0) <> d.requests
having count(*) > 0
union all by name
select 'requests written twice' as problem, sum(lines - requests)::bigint as times, min(visitor) as visitor
from perVisitor where lines > requests having count(*) > 0
union all by name
select 'requests of nobody who arrived' as problem, count(*) as times, min(visitor) as visitor
from perVisitor anti join arrivals using (visitor) having count(*) > 0
union all by name
select 'ends, there must be one' as problem, count(*) as times from ends having count(*) <> 1
union all by name
select 'the end counts other ' || what as problem, abs(told - seen) as times
from (
  select unnest([
    {what: 'arrivals', told: arrivals, seen: (select count(*) from arrivals)},
    {what: 'requests', told: requests, seen: (select count(*) from requests)},
    {what: 'dones', told: dones, seen: (select count(*) from dones)},
    {what: 'observations', told: observations, seen: (select count(*) from observations)}
  ], recursive := true) from ends
)
where told <> seen
union all by name
select 'the run was stopped: ' || stopped as problem, 1 as times from ends where stopped is not null;
