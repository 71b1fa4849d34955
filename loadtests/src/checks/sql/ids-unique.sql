-- Invariant: no member ID is acknowledged to two people or shown to somebody as their own who is not its member, and no
-- two rows of the database have the same.

-- observed
select count(distinct memberId) as observed, count(distinct visitor) as members
from requests
where class = 'acknowledged' and memberId is not null;

-- violations
-- Seen when the second of them is told. Of a pair, who share an address, the second may sign in as the first.
select list_sort(list(firstMicroseconds))[2] as atMicroseconds, memberId, count(*) as people,
  min(visitor) as visitor, max(visitor) as otherVisitor, min(step) as step
from (
  select memberId, visitor, min(endedMicroseconds) as firstMicroseconds, min(step) as step
  from requests left join planned p using (visitor)
  where memberId is not null
    and (class = 'acknowledged' or class = 'served' and session = 'own' and p.behaviour is distinct from 'pair')
  group by memberId, visitor
)
group by memberId
having count(*) > 1
union all by name
select min(atMicroseconds) as atMicroseconds, memberId, count(distinct visitor) as people,
  min(visitor) as visitor, max(visitor) as otherVisitor, 'row' as step
from observations
where kind = 'row' and memberId is not null
group by memberId
having count(distinct visitor) > 1;
