-- Alert: nobody is woken for nothing. A page is severity page, or critical in the rules of others; tickets and what only
-- concerns the campaign are listed and not judged; nor is what Alertmanager told nobody, because another alert says it.

-- observed
select coalesce(max(value), 0)::bigint as observed, (select count(*) from alerts where severity not in ('page', 'critical') or isInhibited) as others
from observations where kind = 'watch' and name = 'evaluations';

-- violations
select alert || case when labels = '' then '' else ' ' || labels end as problem, alert, severity, labels,
  firedMicroseconds, resolvedMicroseconds, notifiedMicroseconds
from alerts
where severity in ('page', 'critical') and not isInhibited and alert not in (select alert from expectedAlerts);

-- unknowns
select 'nobody watched' as problem
where not exists (select 1 from observations where kind = 'alerts-end' and name is null);
