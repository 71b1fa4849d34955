-- A ticket opens the door once: its number stands in the row of the member who came in with it, written by the same commit.
alter table members add column ticket_number bytea unique check (length(ticket_number) = 16);

-- What is left of the line when its process dies: no person, only up to when appointments were given.
create table appointment_books (
  -- Host and port of the process that keeps it.
  keeper text primary key,
  book bigint not null check (book between 0 and 4294967295),
  -- Unix milliseconds by the book's clock, and how much that has stood still.
  next_ms double precision not null,
  stood_ms double precision not null,
  per_second double precision not null check (per_second > 0),
  saved_at timestamptz not null default now()
);
