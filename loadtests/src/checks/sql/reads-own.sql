-- Invariant: an answer to a visitor carries no canary that the visitor did not send, and the compared fields at their
-- declared places are theirs. A canary of an older run is an exposure too.

-- observed
select count(*) as observed,
  count(*) filter (where phase = 'read-back') as readBack
from requests
where len(own) > 0 and session = 'own';

-- parts
-- A declared field that never came back is masked, dropped or cut: whoever hides everything must not look clean.
select f.step || ': ' || f.field as part,
  count(*) filter (where list_contains(r.own, f.field) or list_contains(r.matched, f.field)) as observed,
  count(r.visitor) > 0 as isRequired
from stepFields f
left join requests r on r.step = f.step and r.session = 'own' and r.class in ('acknowledged', 'served')
  and r.purpose not in ('other-body', 'invalid-input')
group by f.step, f.field
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
where len(mismatched) > 0 and session = 'own' and purpose not in ('other-body', 'invalid-input');
