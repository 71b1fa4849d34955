-- A ticket opens the door once: its number stands in the row of the member who came in with it, written by the same commit.
alter table members add column ticket_number bytea unique check (length(ticket_number) = 16);

-- What is left of the line when its process dies: no place, only how far it was given out and called.
create table appointment_books (
  -- Host and port of the process that keeps it.
  keeper text primary key,
  book bigint not null check (book between 0 and 4294967295),
  given bigint not null,
  called double precision not null,
  calls_per_second double precision not null check (calls_per_second > 0),
  saved_at timestamptz not null default now()
);
