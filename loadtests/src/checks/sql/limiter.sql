-- Validity: the target's limiter did not answer in its stead. Refusals are honest answers, but say nothing about signups.

-- observed
select count(*) as observed, count(*) filter (where class = 'refused') as refused
from requests where phase = 'campaign' and status is not null;

-- violations
select count(*) filter (where class = 'refused') || ' of ' || count(*) || ' answers were refusals' as problem
from requests where phase = 'campaign' and status is not null
having count(*) > 0 and count(*) filter (where class = 'refused') / count(*) > (select limiterShareMax from settings);
