-- Invariant: everybody who was acknowledged is found afterwards, with the data they sent. Asked too early, behind a
-- limiter or with an expired session, nothing can be said; asked after visible_within and absent, they are missing. A
-- session that came with the acknowledgement and never opened anything is half a member.

-- prepare
create or replace temp table acked as
select r.visitor, min(r.endedMicroseconds) as atMicroseconds, min(r.step) as step, any_value(p.groupFirst) as groupFirst,
  any_value(p.behaviour) as behaviour, list_distinct(list(r.memberId)) as memberIds,
  bool_or(r.purpose not in ('other-body', 'invalid-input')) as isOrdinary
from requests r left join planned p using (visitor)
where r.class = 'acknowledged' and r.phase = 'campaign'
group by r.visitor;

-- prepare
-- The last answer that says anything decides for its step: before it the member may have been late.
create or replace temp table looks as
select visitor, step,
  arg_max(class, request) filter (where class in ('served', 'absent')) as lastClass,
  arg_max(startedMicroseconds, request) filter (where class in ('served', 'absent')) as lookedMicroseconds,
  bool_or(class = 'absent') as wasAbsent,
  bool_or(class = 'served' and (len(own) > 0 or len(matched) > 0)) as isOwn,
  list_distinct(list(memberId) filter (where class = 'served' and memberId is not null)) as memberIds,
  bool_or(len(mismatched) > 0) as isAltered,
  min(class) filter (where class not in ('served', 'absent')) as inTheWay
from requests
where phase = 'read-back' and role = 'read-own' and session in ('own', 'none')
group by visitor, step;

-- prepare
-- A row is found by its e-mail canary; two people with one address have the first's. Where there are several (of a pair,
-- or after a second attempt), the one with an acknowledged ID is theirs; that the others exist is once-per-person's matter.
create or replace temp table found as
select visitor, atMicroseconds, step, isOrdinary, memberIds, count(rowMicroseconds) as rows,
  coalesce(bool_and(isAltered) filter (where isTheirs), false) as isAltered,
  coalesce(not bool_or(isTheirs), false) as isOtherId
from (
  select a.visitor, a.atMicroseconds, a.step, a.isOrdinary, a.memberIds, o.atMicroseconds as rowMicroseconds,
    len(o.mismatched) > 0 or len(o."foreign") > 0 as isAltered,
    case when o.atMicroseconds is not null
      then o.memberId is null or len(a.memberIds) = 0 or list_contains(a.memberIds, o.memberId) end as isTheirs
  from acked a
  left join observations o on o.kind = 'row'
    and o.visitor = case when a.behaviour = 'pair' then a.groupFirst else a.visitor end
)
group by all;

-- observed
select count(distinct a.visitor) as observed, (select count(*) from acked) as acknowledged,
  count(distinct a.visitor) filter (where l.wasAbsent and l.lastClass = 'served') as late
from acked a
left join looks l on l.visitor = a.visitor
left join found f on f.visitor = a.visitor
where (l.lastClass = 'served' and l.isOwn) or f.rows > 0;

-- parts
select 'read back over HTTP' as part,
  (select count(distinct visitor) from looks where lastClass = 'served') as observed,
  (select isReadBackHttp from settings) as isRequired
union all
select 'rows read to their end', coalesce((select rows from wholeRows), 0), (select isReadBackSql from settings);

-- violations
select a.atMicroseconds, a.visitor, a.memberIds[1] as memberId, l.step, 'missing' as problem
from acked a join looks l using (visitor)
where l.lastClass = 'absent'
  and l.lookedMicroseconds >= a.atMicroseconds + (select visibleWithinMicroseconds from settings)
union all by name
select a.atMicroseconds, a.visitor, a.memberIds[1] as memberId, l.step, 'not as sent' as problem
from acked a join looks l using (visitor)
where l.lastClass = 'served' and l.isAltered and a.isOrdinary
union all by name
select a.atMicroseconds, a.visitor, a.memberIds[1] as memberId, l.step,
  'found under another ID, ' || array_to_string(l.memberIds, ', ') as problem
from acked a join looks l using (visitor)
where len(l.memberIds) > 0 and len(a.memberIds) > 0 and not list_has_any(l.memberIds, a.memberIds)
union all by name
select atMicroseconds, visitor, memberIds[1] as memberId, step,
  case when rows = 0 then 'no row' when isOtherId then 'row has another ID' else 'row not as sent' end as problem
from found
where (rows = 0 and exists (select 1 from wholeRows
    where rows > 0 and wholeRows.atMicroseconds >= found.atMicroseconds + (select visibleWithinMicroseconds from settings)))
  or (isAltered and isOrdinary) or isOtherId
union all by name
-- Half a member: acknowledged once, given a session, and whatever they ever asked for with it was denied. Of somebody who
-- was acknowledged twice an earlier session may rightly have ended; one denial among other answers may be a limiter's.
select a.atMicroseconds, a.visitor, a.memberIds[1] as memberId, r.step, 'the session they were given opens nothing' as problem
from acked a join (
  select visitor, min(step) as step,
    count(*) filter (where class = 'acknowledged') as acknowledgements,
    bool_or(class = 'acknowledged' and sessionHash is not null) as isGiven,
    coalesce(bool_and(class = 'denied') filter (where role = 'read-own' and session = 'own'), false) as isDenied,
    coalesce(bool_or(class = 'denied') filter (where role = 'read-own' and session = 'own' and phase = 'read-back'), false) as isDeniedLate
  from requests group by visitor
) r using (visitor)
where acknowledgements = 1 and isGiven and isDenied and isDeniedLate
  and exists (select 1 from requests where class = 'served' and role = 'read-own' and session = 'own');

-- unknowns
-- Found by one step or by a row is found, whatever stood in the way elsewhere; who is missing is a violation already.
select a.atMicroseconds, a.visitor, a.step,
  case
    when l.visitor is null then 'not read back'
    when l.inTheWay is not null then 'in the way: ' || l.inTheWay
    when l.wasAbsent then 'looked for too early'
    else 'answered, with nothing of their own in it'
  end as problem
from acked a
left join (
  select visitor, bool_or(isOwn) as isOwn, bool_or(wasAbsent) as wasAbsent, min(inTheWay) as inTheWay,
    max(lookedMicroseconds) filter (where lastClass = 'absent') as absentMicroseconds
  from looks group by visitor
) l using (visitor)
left join found f using (visitor)
where (select isReadBackHttp from settings)
  and coalesce(f.rows, 0) = 0
  and not coalesce(l.isOwn, false)
  and not coalesce(l.absentMicroseconds >= a.atMicroseconds + (select visibleWithinMicroseconds from settings), false)
union all by name
select atMicroseconds, visitor, step, 'row looked for too early' as problem
from found
where rows = 0 and (select isReadBackSql from settings)
  and (select wholeRows.atMicroseconds from wholeRows) < atMicroseconds + (select visibleWithinMicroseconds from settings);
