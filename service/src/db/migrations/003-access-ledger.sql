-- Who was shown whose data, written from what really left; no values.
create table access_ledger (
  at timestamptz not null,
  worker text not null check (length(worker) <= 100),
  kind text not null check (kind in ('new-member', 'signed-in', 'own-profile', 'own-card', 'own-page')),
  -- The first half of the hash of the reader's token (sessions.token_hash).
  viewer bytea check (length(viewer) = 16),
  subject_number text check (length(subject_number) = 20),
  -- Of what was shown; equal to members.identity_mac unless people were mixed.
  identity_mac bytea not null check (length(identity_mac) = 16),
  -- Bit 0 number, 1 email, 2 name, 3 kana, 4 kanjiName, 5 sex, 6 birthDate, 7 postalCode, 8 address, 9 phone,
  -- 10 survey, 11 message.
  fields smallint not null,
  -- Set where the guard was off and would have withheld the answer.
  mismatch_kind text,
  -- Field → keyed hash of the value shown, by which its owner is found, and which fields were not the reader's own.
  field_macs jsonb,
  check ((mismatch_kind is null) = (field_macs is null))
);
-- Rows come in the order of their time: a few pages of index for millions of rows, and nothing to pay for each.
-- Summarised as it grows: the auditor looks at its end each second, and would read all that is not.
create index access_ledger_at on access_ledger using brin (at) with (autosummarize = on);

-- For how long the ledger is complete: one row with each batch, in the batch's own commit.
create table access_spans (
  -- One process's life.
  span uuid not null,
  batch integer not null,
  worker text not null check (length(worker) <= 100),
  from_at timestamptz not null,
  until_at timestamptz not null,
  rows integer not null,
  -- Accesses of this time that are not in the ledger.
  lost integer not null,
  -- The process closed its ledger in order; nothing comes after.
  is_last boolean not null,
  primary key (span, batch)
);
create index access_spans_until_at on access_spans using brin (until_at);

-- When the ledger cannot say who saw what. until_at is null where the worker has not come back.
create view access_gaps as
select span, worker, from_at, until_at, lost, 'dropped' as cause
from access_spans where lost > 0
union all
select ended.span, ended.worker, ended.until_at,
       (select min(next.from_at) from access_spans next
        where next.worker = ended.worker and next.from_at >= ended.until_at and next.span <> ended.span),
       null, 'crash'
from (
  select span, worker, max(until_at) as until_at from access_spans group by span, worker having not bool_or(is_last)
) as ended
-- A live process says every five seconds that it is.
where ended.until_at < clock_timestamp() - interval '15 seconds';

-- The service may add and never change; forgetting is this function's, which keeps 30 days whatever it is told, and
-- takes small steps, so that no delete is long.
create function forget_accesses(days integer) returns integer language plpgsql security definer
set search_path = pg_catalog, public as $$
declare
  before_at timestamptz := now() - make_interval(days => greatest(days, 30));
  forgotten integer;
begin
  delete from access_ledger where ctid in (select ctid from access_ledger where at < before_at limit 5000);
  get diagnostics forgotten = row_count;
  delete from access_spans where ctid in (select ctid from access_spans where until_at < before_at limit 5000);
  return forgotten;
end $$;
