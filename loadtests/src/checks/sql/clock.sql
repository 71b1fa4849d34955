-- Validity: the wall clock did not jump. Our times are monotonic, but sessions, deadlines and clock-made IDs are not.

-- observed
select count(*) as observed, coalesce(max(abs(value)), 0) as stepSecondsMax from observations where kind = 'clock';

-- violations
-- Half a second: more than NTP slews in a run of minutes, less than any deadline of a signup.
select 'stepped by ' || round(value, 2) || ' s' as problem, atMicroseconds
from observations where kind = 'clock' and abs(value) > 0.5;
