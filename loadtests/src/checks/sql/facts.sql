-- What the verdict says about the run itself.

-- facts
select
  (select count(*) from planned) as visitorsPlanned,
  (select count(*) from arrivals) as visitorsStarted,
  (select count(*) from requests) as requests,
  (select count(*) from requests where len(own) > 0 and session = 'own') as answersWithOwnData,
  (select count(distinct visitor) from requests where class = 'acknowledged' and phase = 'campaign') as signupsAcknowledged,
  (select overlapped / visitors from overlap where scope = 'curve' and step is null) as overlapRatio,
  (select count(distinct burst) from arrivals where burst > 0) as bursts,
  (select coalesce(max(visitors), 0) from (select count(*) as visitors from arrivals where burst > 0 group by burst))
    as burstVisitorsMax,
  (select max(engine) from ends) as engine,
  (select max(engineVersion) from ends) as engineVersion,
  (select max(startedAt) from ends) as startedAt,
  (select max(stopped) from ends) as stopped,
  coalesce((select max(endedMicroseconds) from ends), (select max(endedMicroseconds) from requests), 0) / 1e6 as seconds;
