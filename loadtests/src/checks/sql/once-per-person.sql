-- Invariant: the same idempotency key and body give one member and the same ID each time; another body under the key is
-- rejected; one e-mail address has at most one member, and nobody two.

-- prepare
create or replace temp table attempts as
select r.visitor, r.request, r.step, r.keyHash, r.requestBodyHash, r.class, r.memberId, r.endedMicroseconds,
  r.sentMicroseconds is not null as wasSent,
  case when p.behaviour = 'pair' then p.groupFirst else r.visitor end as addressOf
from requests r left join planned p using (visitor)
where r.role in ('sign-up', 'come-back') and r.phase = 'campaign' and r.purpose <> 'invalid-input';

-- prepare
create or replace temp table keys as
select keyHash, requestBodyHash, count(*) as attempts, count(*) filter (where class = 'acknowledged') as acknowledged,
  count(distinct memberId) filter (where class = 'acknowledged') as ids, min(visitor) as visitor, min(step) as step,
  min(endedMicroseconds) filter (where class = 'acknowledged') as atMicroseconds,
  string_agg(distinct memberId, ', ' order by memberId) filter (where class = 'acknowledged') as memberIds
from attempts
where keyHash is not null and wasSent
group by keyHash, requestBodyHash;

-- prepare
create or replace temp table addresses as
select addressOf as visitor, count(distinct visitor) as people,
  count(distinct visitor) filter (where class = 'acknowledged') as members,
  count(distinct visitor) filter (where class in ('acknowledged', 'rejected')) as answered,
  count(distinct memberId) filter (where class = 'acknowledged') as ids, min(step) as step,
  min(endedMicroseconds) filter (where class = 'acknowledged') as atMicroseconds,
  string_agg(distinct memberId, ', ' order by memberId) filter (where class = 'acknowledged') as memberIds
from attempts
group by addressOf;

-- parts
select 'same key and body, sent more than once' as part, count(*) as observed,
  (select hasKeys from settings) and exists (select 1 from planned where behaviour = 'double-tap') as isRequired
from keys where attempts > 1 and acknowledged > 0
union all
select 'another body under the same key',
  (select count(*) from (select keyHash from keys group by keyHash
    having count(*) > 1 and sum(acknowledged) > 0)),
  (select hasKeys from settings) and exists (select 1 from planned where behaviour = 'shared-key')
union all
select 'two people with one e-mail address', (select count(*) from addresses where answered > 1 and members > 0),
  exists (select 1 from planned where behaviour = 'pair')
union all
select 'rows, one for each e-mail address',
  (select count(distinct visitor) from observations where kind = 'row' and visitor is not null), false;

-- violations
select atMicroseconds, visitor, step, memberIds, 'same key and body, ' || ids || ' IDs' as problem
from keys where ids > 1
union all by name
select min(atMicroseconds) as atMicroseconds, min(visitor) as visitor, min(step) as step,
  string_agg(distinct memberIds, ', ' order by memberIds) as memberIds, 'another body under the key was acknowledged' as problem
from keys where acknowledged > 0
group by keyHash having count(*) > 1
union all by name
select atMicroseconds, visitor, step, memberIds,
  case when members > 1 then 'one e-mail address, acknowledged to ' || members || ' people'
    else 'one person, ' || ids || ' IDs' end as problem
from addresses where members > 1 or ids > 1
union all by name
select min(atMicroseconds) as atMicroseconds, visitor, 'row' as step,
  string_agg(distinct memberId, ', ' order by memberId) as memberIds, 'one e-mail address, ' || count(*) || ' rows' as problem
from observations
where kind = 'row' and visitor is not null
group by visitor
-- Two with one ID may be one line twice, where the record is not whole.
having count(distinct memberId) > 1 or (count(*) > 1 and exists (select 1 from wholeRows));
