-- Objectives, without the warm-up. Due for membership is everybody who tries for one: who gives up, is refused or loses an
-- answer is a miss. Of those who share an address or a key only one can become a member: the group counts as one person.

-- prepare
create or replace temp table due as
select case when p.behaviour in ('pair', 'shared-key') then p.groupFirst else p.visitor end as person,
  min(p.dueMicroseconds) as dueMicroseconds, min(d.memberSinceMicroseconds - p.dueMicroseconds) as tookMicroseconds
from planned p left join dones d using (visitor)
where p.dueMicroseconds >= (select warmUpMicroseconds from settings)
group by all;

-- prepare
create or replace temp table warm as
select r.visitor, r.request, r.step, r.role, r.purpose, r.class, r.status, r.reason, r.intendedMicroseconds, r.endedMicroseconds,
  r.retryAfterSeconds
from requests r join planned p using (visitor)
where r.phase = 'campaign' and p.dueMicroseconds >= (select warmUpMicroseconds from settings);

-- members
select count(*) as observed,
  count(*) filter (where tookMicroseconds <= $membersWithinMicroseconds) as hits,
  (select count(*) from warm where class = 'waiting') as waited,
  (select median(retryAfterSeconds) from warm where class = 'waiting') as toldSeconds,
  (select median(took) / 1e6 from (
    select max(endedMicroseconds) - min(endedMicroseconds) as took from warm
    where role in ('sign-up', 'come-back') group by visitor
    having bool_or(class = 'waiting') and bool_or(class = 'acknowledged'))) as waitedSeconds
from due;

-- first
-- From the due time; an answer that was lost took longer than any other. Who drops the connection on purpose is left out
-- here, and is a miss among the members.
select count(*) as observed,
  [quantile_disc(seconds, 0.5), quantile_disc(seconds, 0.95), quantile_disc(seconds, 0.99)] as percentiles
from (
  select case when status is null then 'infinity'::double
    else (r.endedMicroseconds - p.dueMicroseconds) / 1e6 end as seconds
  from warm r join planned p using (visitor)
  where r.request = 1 and r.purpose <> 'abandoned'
);

-- later
select count(*) as observed,
  [quantile_disc(seconds, 0.5), quantile_disc(seconds, 0.95), quantile_disc(seconds, 0.99)] as percentiles
from (
  select case when status is null then 'infinity'::double
    else (endedMicroseconds - intendedMicroseconds) / 1e6 end as seconds
  from warm
  -- How long a mail takes is not what the target's answers take.
  where request > 1 and purpose <> 'abandoned' and step not in (select step from steps where isMail)
);

-- errors
select count(*) as observed, count(*) filter (where class in ('indeterminate', 'failed')) as errors
from warm where reason is distinct from 'abandoned';

-- bounds
select name as series, max(value) as value from observations where kind = 'bound' and value is not null group by name;
