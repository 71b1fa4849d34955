-- Invariant: who is told to wait or to go is told when to come back, at a time spread over the crowd, quickly, and is
-- given no ID, no cookie and no data; who waits and comes back on time is let in.

-- prepare
create or replace temp table turned as
select *, coalesce(firstByteMicroseconds, endedMicroseconds) - startedMicroseconds as tookMicroseconds
from requests
where class in ('waiting', 'refused') and phase = 'campaign';

-- prepare
-- One value for more than four fifths of those turned away in the same second sends them back in one wave. Two values
-- drawn evenly go over that line among 20 people once in 400 times; fewer than 20 show nothing.
create or replace temp table waves as
select second, sum(people) as people, max(people) as same, arg_max(retryAfterSeconds, people) as retryAfterSeconds
from (
  select endedMicroseconds // 1000000 as second, retryAfterSeconds, count(*) as people
  from turned where retryAfterSeconds is not null group by all
)
group by second having sum(people) >= 20;

-- prepare
create or replace temp table comeBacks as
select visitor, request, step, class, startedMicroseconds, retryAfterSeconds, endedMicroseconds,
  lag(class) over journey as wasClass,
  lag(endedMicroseconds) over journey + (lag(retryAfterSeconds) over journey * 1000000)::bigint as toldMicroseconds
from requests
where visitor in (select visitor from turned where class = 'waiting')
  and role in ('sign-up', 'come-back') and phase = 'campaign' and purpose in ('journey', 'come-back')
window journey as (partition by visitor order by request);

-- prepare
-- A double-tap, a retry or the other of a couple may have become the member meanwhile: then the rejection is right.
create or replace temp table attempts as
select r.visitor, r.request, r.class, r.startedMicroseconds,
  case when p.behaviour in ('pair', 'shared-key') then p.groupFirst else r.visitor end as person
from requests r left join planned p using (visitor)
where r.role in ('sign-up', 'come-back') and r.phase = 'campaign';

-- prepare
-- How far from the time first told people became members, sooner or later.
create or replace temp table toldAndActual as
select visitor, min_by(endedMicroseconds + (retryAfterSeconds * 1000000)::bigint, request) filter (where class = 'waiting') as toldMicroseconds,
  min(endedMicroseconds) filter (where class = 'acknowledged') as actualMicroseconds
from comeBacks group by visitor;

-- parts
select 'waiting' as part, count(*) filter (where class = 'waiting') as observed, false as isRequired from turned
union all
select 'refused', count(*) filter (where class = 'refused'), false from turned;

-- numbers
select (select coalesce(sum(people), 0) from waves) as inWaves,
  (select count(*) from comeBacks where wasClass = 'waiting' and class = 'acknowledged') as letIn,
  (select coalesce(quantile_disc(abs(actualMicroseconds - toldMicroseconds), 0.95), 0) / 1e6 from toldAndActual) as offSecondsP95,
  (select coalesce(quantile_disc(tookMicroseconds, 0.95), 0) / 1e6 from turned) as secondsP95;

-- violations
select endedMicroseconds as atMicroseconds, visitor, step, class, request,
  case
    when retryAfterSeconds is null then 'no Retry-After'
    when memberId is not null then 'carries an ID'
    when isCookieSet or sessionHash is not null then 'sets a cookie'
    else 'carries personal data'
  end as problem
from turned
where retryAfterSeconds is null or memberId is not null or isCookieSet or sessionHash is not null
  or len(own) > 0 or len("foreign") > 0 or len(matched) > 0
union all by name
select null as atMicroseconds, null as visitor, null as step, null as class, null as request,
  'not spread: ' || sum(same) || ' of ' || sum(people) || ' were given the same Retry-After as others of their second, '
    || arg_max(retryAfterSeconds, same) || ' s' as problem
from waves having sum(same) > 0.8 * sum(people)
union all by name
-- A refusal costs no work: one that takes longer than work does was queued for nothing. 2 s is what a browser's user
-- bears; where even acknowledgements take longer, the median of those is the measure.
select null as atMicroseconds, null as visitor, null as step, null as class, null as request,
  'slow: 5 % of the refusals took longer than ' || round(quantile_disc(tookMicroseconds, 0.95) / 1e6, 2) || ' s' as problem
from turned
having count(*) > 0 and quantile_disc(tookMicroseconds, 0.95) > greatest(2000000,
  (select coalesce(median(endedMicroseconds - startedMicroseconds), 0) from requests where class = 'acknowledged'))
union all by name
select endedMicroseconds as atMicroseconds, visitor, step, class, request, 'came back on time and was not let in' as problem
from comeBacks
where wasClass = 'waiting' and class in ('waiting', 'refused', 'rejected', 'absent', 'denied')
  and not (class = 'rejected' and exists (
    select 1 from attempts own join attempts other using (person)
    where own.visitor = comeBacks.visitor and own.request = comeBacks.request
      and other.class in ('acknowledged', 'indeterminate', 'failed') and other.startedMicroseconds < comeBacks.endedMicroseconds))
  and startedMicroseconds >= toldMicroseconds
  and toldMicroseconds <= (select drainEndMicroseconds from settings);
