-- No lock: one process keeps the book, and it reads before it writes. Milliseconds stay far below 2^53.
select book::float8 as book, next_ms as "nextMs", stood_ms as "stoodMs", per_second as "perSecond",
       extract(epoch from now() - saved_at)::float8 as "ageSeconds"
from appointment_books
where keeper = $1
