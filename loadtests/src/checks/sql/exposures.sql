-- Who saw whose what, when: one row for each viewer, victim and step.

-- prepare
create or replace temp table exposures as
select visitor as viewer, victim, victimRunTag, list(distinct field order by field) as fields, step,
  string_agg(distinct place, ', ' order by place) as place, min(atMicroseconds) as firstSeenMicroseconds,
  count(distinct coalesce('request ' || request, 'mail ' || atMicroseconds)) as answers
from exposed
group by visitor, victim, victimRunTag, step;
