-- Invariant: no session is given to two visitors; with none, with a forged one, or for somebody else's ID nothing is read.

-- parts
select 'sessions given' as part, count(distinct sessionHash) as observed,
  exists (select 1 from steps where hasSession) as isRequired
from requests where sessionHash is not null
union all
select 'reads with session: ' || kind,
  (select count(*) from requests where purpose = 'session-check' and session = kind
    and class not in ('indeterminate', 'failed', 'refused')),
  exists (select 1 from planned join dones d using (visitor) where behaviour = needs and d.ending = 'member')
    and exists (select 1 from requests where purpose = 'session-check' and session = kind)
from (values ('none', 'no-session'), ('forged', 'forged-session'), ('other', 'other-session')) as readers(kind, needs);

-- violations
select min(endedMicroseconds) as atMicroseconds, min(visitor) as visitor, max(visitor) as otherVisitor, min(step) as step,
  'one session for ' || count(distinct visitor) || ' visitors' as problem
from requests
where sessionHash is not null
group by sessionHash having count(distinct visitor) > 1
union all by name
select endedMicroseconds as atMicroseconds, visitor, "foreign"[1].visitor as otherVisitor, step,
  'read with session: ' || session || ', answered as ' || class as problem
from requests
where purpose = 'session-check' and session <> 'own'
  and (class in ('served', 'acknowledged') or len(own) > 0 or len("foreign") > 0 or len(matched) > 0 or memberId is not null);
