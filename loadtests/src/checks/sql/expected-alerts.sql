-- Alert: what is demanded fires.

-- prepare
create or replace temp table demanded as
select e.alert, count(a.alert) as times, min(a.firedMicroseconds) as firstMicroseconds, min(a.notifiedMicroseconds) as notifiedMicroseconds
from expectedAlerts e left join alerts a on a.alert = e.alert
where e.isDemanded group by e.alert;

-- parts
select alert as part, times as observed, false as isRequired from demanded order by alert;

-- numbers
select count(*) as demanded, count(*) filter (where times > 0) as fired from demanded;

-- violations
select alert as problem, alert from demanded
where times = 0 and exists (select 1 from observations where kind = 'alerts-end' and name is null);

-- unknowns
select alert as problem, alert from demanded
where times = 0 and not exists (select 1 from observations where kind = 'alerts-end' and name is null);
