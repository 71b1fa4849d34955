-- Locks the keeper's own row only; one process writes it, one save after the other.
insert into appointment_books (keeper, book, next_ms, stood_ms, per_second)
values ($1, $2, $3, $4, $5)
on conflict (keeper) do update set
  book = excluded.book,
  next_ms = excluded.next_ms,
  stood_ms = excluded.stood_ms,
  per_second = excluded.per_second,
  saved_at = now()
