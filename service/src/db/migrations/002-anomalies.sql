-- What the guard found and withheld. Nobody's values: the subject's number, hashes, names of fields.
create table anomalies (
  -- Drawn where it was found: written twice (a spool drained again after a crash), it is there once.
  id uuid primary key,
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  worker text not null check (length(worker) <= 100),
  kind text not null check (kind in ('duplicate', 'malformed', 'wrong-person', 'foreign-session', 'unbound')),
  route text not null check (length(route) <= 60),
  -- The first half of the token's hash, as in access_ledger.
  viewer bytea check (length(viewer) = 16),
  subject_number text check (length(subject_number) = 20),
  fields text[] not null
);
create index anomalies_recorded_at on anomalies (recorded_at);

create function refuse_anomaly_change() returns trigger language plpgsql as $$
begin
  raise exception 'anomalies is append-only';
end $$;
create trigger anomalies_is_append_only before update or delete or truncate on anomalies
  for each statement execute function refuse_anomaly_change();
