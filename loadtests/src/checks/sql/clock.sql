-- Validity: the wall clock did not jump. Our times are monotonic, but sessions, deadlines and clock-made IDs are not.

-- observed
-- An engine writes steps only; that it came to its end says that it watched to the end.
select count(*) as observed,
  (select coalesce(max(abs(value)), 0) from observations where kind = 'clock') as stepSecondsMax
from ends;

-- violations
-- Half a second: more than NTP slews in a run of minutes, less than any deadline of a signup.
select 'stepped by ' || round(value, 2) || ' s' as problem, atMicroseconds
from observations where kind = 'clock' and abs(value) > 0.5;
