-- No lock: one process keeps the book, and it reads before it writes. Places stay far below 2^53.
select book::float8 as book, given::float8 as given, called, calls_per_second as "callsPerSecond",
       extract(epoch from now() - saved_at)::float8 as "ageSeconds"
from appointment_books
where keeper = $1
