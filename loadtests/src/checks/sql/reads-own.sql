-- Invariant: an answer to a visitor, or a mail to their address, carries no canary that the visitor did not send, and the
-- compared fields at their declared places are theirs. A canary of an older run is an exposure too.

-- prepare
create or replace temp table mailsSeen as
select visitor, memberId, own, atMicroseconds from observations where kind = 'mail';

-- prepare
create or replace temp table memberNumbers as
select visitor, list(distinct memberId) filter (where memberId is not null) as memberIds
from requests where class = 'acknowledged' and session = 'own' group by visitor;

-- observed
select answers + mailsOwn as observed, * from (
  select (select count(*) from requests where len(own) > 0 and session = 'own') as answers,
    (select count(*) from mailsSeen where len(own) > 0) as mailsOwn,
    -- Null: nobody looks at mails, which is said by saying nothing.
    case when (select hasMails from settings) or exists (select 1 from mailsSeen)
      then (select count(*) from mailsSeen) end as mails,
    (select count(distinct visitor) from mailsSeen join memberNumbers using (visitor)) as mailedPeople,
    (select count(*) from memberNumbers) as members,
    (select count(*) from mailsSeen where visitor is null) as mailsToNobody
);

-- parts
-- A declared field that never came back is masked, dropped or cut: whoever hides everything must not look clean.
select f.step || ': ' || f.field as part,
  count(*) filter (where list_contains(r.own, f.field) or list_contains(r.matched, f.field)) as observed,
  count(r.visitor) > 0 as isRequired
from stepFields f
left join requests r on r.step = f.step and r.session = 'own' and r.class in ('acknowledged', 'served')
  and r.purpose not in ('other-body', 'invalid-input')
group by f.step, f.field
union all by name
-- A sink without a mail that says whose it is has shown nothing about mails.
select 'mails' as part, (select count(*) from mailsSeen where len(own) > 0) as observed, true as isRequired
from settings where hasMails
order by part;

-- violations
select atMicroseconds, visitor, step, victim, victimRunTag, string_agg(distinct field, ', ' order by field) as fields,
  string_agg(distinct place, ', ' order by place) as places, request
from exposed
group by all
union all by name
-- Small fields of another body were sent by the same person on purpose.
select endedMicroseconds as atMicroseconds, visitor, step, null as victim, null as victimRunTag,
  array_to_string(mismatched, ', ') as fields, 'not as sent' as places, request
from requests
where len(mismatched) > 0 and session = 'own' and purpose not in ('other-body', 'invalid-input')
union all by name
-- The number in a mail is the number that its reader was told, where they were told one.
select m.atMicroseconds, m.visitor, 'mail' as step, (select min(o.visitor) from memberNumbers o where list_contains(o.memberIds, m.memberId)) as victim,
  'memberId' as fields, 'not their member ID' as places
from mailsSeen m join memberNumbers n using (visitor)
where m.memberId is not null and len(n.memberIds) > 0 and not list_contains(n.memberIds, m.memberId);

-- unknowns
select 'the mails were not read to their end' as problem
from settings
where hasMails and not exists (
  select 1 from observations where kind = 'mails-end' having count(*) = 1 and max(value) = (select count(*) from mailsSeen))
union all by name
-- It came, and nobody has searched it. One that was cut is lost with its connection, as every crash loses some;
-- redirects that led to no answer were searched.
select 'an answer could not be read: ' || reason as problem, endedMicroseconds as atMicroseconds, visitor, step, request
from requests
where reason = 'too-large' or (reason = 'bad-http' and firstByteMicroseconds is not null);
