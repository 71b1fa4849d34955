-- Invariant: every request has exactly one class, and they add up; where the target is ours alone and tells its
-- counters, each lies between what was definite and that plus everything of which nobody knows.

-- prepare
create or replace temp table told as
select c.class, max(o.value) as counted, max(o.atMicroseconds) as atMicroseconds
from counters c join observations o on o.kind = 'counter' and o.name = c.class
group by c.class;

-- observed
select count(*) as observed, count(distinct class) as classes from requests;

-- parts
select 'counter: ' || c.class as part, count(t.counted) as observed, (select isExclusive from settings) as isRequired
from counters c left join told t using (class)
group by c.class order by part;

-- violations
select min(endedMicroseconds) as atMicroseconds, visitor, request, 2 as classes, 'more than one class' as problem,
  null::double as counted, null::bigint as definite, null::bigint as possible
from requests group by visitor, request having min(class) <> max(class)
union all by name
select endedMicroseconds as atMicroseconds, visitor, request, 0 as classes, 'no known class: ' || left(class, 40) as problem
from requests
where class not in ('acknowledged', 'waiting', 'refused', 'rejected', 'halted', 'served', 'absent', 'denied', 'indeterminate', 'failed')
union all by name
select t.atMicroseconds, 'the target counted other than ' || t.class as problem, t.counted, n.definite, n.possible
from told t
join lateral (
  select count(*) filter (where r.class = t.class) as definite,
    count(*) filter (where r.class in (t.class, 'indeterminate', 'failed')) as possible
  from requests r where r.role in ('sign-up', 'come-back')
) n on true
-- What neither side can name surely is not compared; nor is anything where requests are missing from the record.
where (select isExclusive from settings) and exists (select 1 from ends where requests = (select count(*) from requests))
  and t.class not in ('indeterminate', 'failed') and (t.counted < n.definite or t.counted > n.possible);
