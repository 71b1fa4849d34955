-- Locks the keeper's own row only; one process writes it, one save after the other.
insert into appointment_books (keeper, book, given, called, calls_per_second)
values ($1, $2, $3, $4, $5)
on conflict (keeper) do update set
  book = excluded.book,
  given = excluded.given,
  called = excluded.called,
  calls_per_second = excluded.calls_per_second,
  saved_at = now()
