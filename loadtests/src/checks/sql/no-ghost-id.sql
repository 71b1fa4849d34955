-- Invariant: no answer to a signup that is not an acknowledgement carries an ID; and where the rows can be read, no ID
-- is acknowledged without a committed member.

-- observed
select count(*) as observed, count(*) filter (where class <> 'acknowledged') as turnedAway
from requests
where role in ('sign-up', 'come-back') and status is not null;

-- violations
select endedMicroseconds as atMicroseconds, visitor, step, class, status, memberId, request
from requests
where role in ('sign-up', 'come-back') and class <> 'acknowledged' and memberId is not null
union all by name
select min(r.endedMicroseconds) as atMicroseconds, min(r.visitor) as visitor, min(r.step) as step,
  'acknowledged, no row' as class, null as status, r.memberId, min(r.request) as request
from requests r
anti join (select memberId from observations where kind = 'row' and memberId is not null) o using (memberId)
where r.class = 'acknowledged' and r.memberId is not null
group by r.memberId
having min(r.endedMicroseconds) + (select visibleWithinMicroseconds from settings)
  <= (select atMicroseconds from wholeRows where rows > 0);
