-- Invariant: every ID shown has the declared pattern and check characters, is none of the strings that a missing value
-- turns into (undefined, null, NaN, 0, all zeros …), and every acknowledgement has one where one is declared.
-- The pattern is JavaScript's and check characters are arithmetic, so `malformed` is filled by well-formed-id.ts.

-- candidates
select distinct memberId from requests where memberId is not null;

-- observed
select count(distinct memberId) as observed from requests where memberId is not null;

-- violations
select r.endedMicroseconds as atMicroseconds, r.visitor, r.step, r.class, left(r.memberId, 80) as memberId, m.problem, r.request
from requests r join malformed m using (memberId)
union all by name
select r.endedMicroseconds as atMicroseconds, r.visitor, r.step, r.class, null as memberId, 'acknowledged without an ID' as problem,
  r.request
from requests r join steps s using (step)
where r.class = 'acknowledged' and s.hasMemberId and r.memberId is null;
