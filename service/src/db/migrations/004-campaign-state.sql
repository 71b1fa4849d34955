-- One row: whether the campaign takes newcomers. Without the row nobody can say, and every process closes.
create table campaign_state (
  id boolean primary key default true check (id),
  phase text not null check (phase in ('open', 'halted')),
  share double precision not null check (share in (0.01, 0.1, 1)),
  reason text not null check (length(reason) <= 500),
  -- Rises with each change; a reopening is asked for at one version and is void at the next.
  version bigint not null,
  since timestamptz not null,
  -- When the latest cause of this halt happened: the same cause told again is no news.
  cause_at timestamptz,
  reopened_at timestamptz
);
insert into campaign_state (phase, share, reason, version, since) values ('open', 1, 'never halted', 1, now());

-- Who, when, what, why, by which credential (its kind and the first bytes of its hash).
create table campaign_audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  action text not null check (action in
    ('halt', 'reopening-requested', 'reopening-approved', 'step', 'break-glass', 'anomaly-handled')),
  halted_by text check (halted_by in ('guard', 'auditor', 'alert', 'operator')),
  actor text not null check (length(actor) <= 100),
  credential text not null check (length(credential) <= 100),
  reason text not null check (length(reason) <= 500),
  cause_at timestamptz,
  version bigint not null,
  check ((action = 'halt') = (halted_by is not null))
);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'campaign_audit is append-only';
end $$;
create trigger campaign_audit_is_append_only before update or delete or truncate on campaign_audit
  for each statement execute function refuse_audit_change();

-- Asked for by one person, approved by another. The row is never changed: what became of it is in the audit trail.
create table reopenings (
  id uuid primary key default gen_random_uuid(),
  version bigint not null,
  requested_at timestamptz not null default clock_timestamp(),
  requested_by text not null check (length(requested_by) <= 100),
  credential text not null check (length(credential) <= 100),
  reason text not null check (length(reason) <= 500)
);

-- An operator's word that an anomaly has been dealt with.
create table handled_anomalies (
  anomaly_id uuid primary key,
  handled_at timestamptz not null default clock_timestamp(),
  handled_by text not null check (length(handled_by) <= 100),
  note text not null check (length(note) <= 500)
);

-- What the auditor found, and when it first did: a finding older than the reopening halts nothing again. Its id can be
-- marked as handled like an anomaly's.
create table auditor_findings (
  id uuid not null unique default gen_random_uuid(),
  kind text not null check (length(kind) <= 40),
  subject text not null check (length(subject) <= 200),
  first_seen_at timestamptz not null default clock_timestamp(),
  primary key (kind, subject)
);

-- Who was removed and whose session was ended on purpose, so that the auditor takes neither for a loss. Written by
-- triggers, whoever deletes; a TRUNCATE is no purpose.
create table removed_members (number text primary key, removed_at timestamptz not null default now());
create table ended_sessions (
  -- The first half of the token's hash, as in access_ledger.
  viewer bytea not null,
  member_id uuid not null,
  ended_at timestamptz not null default now()
);
create index ended_sessions_member_id on ended_sessions (member_id);

create function note_removed_members() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into removed_members (number) select number from gone on conflict do nothing;
  return null;
end $$;
create trigger members_removed after delete on members referencing old table as gone
  for each statement execute function note_removed_members();

create function note_ended_sessions() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into ended_sessions (viewer, member_id) select substring(token_hash for 16), member_id from gone;
  return null;
end $$;
create trigger sessions_ended after delete on sessions referencing old table as gone
  for each statement execute function note_ended_sessions();

-- Block ranges instead of a tree: rows come in by time, and an insert pays next to nothing for it. The auditor's look at
-- the newest rows needs it.
create index members_created_at on members using brin (created_at) with (pages_per_range = 32, autosummarize = on);

-- The one thing that every process may do to the state, and nobody needs more rights for it than to call this.
-- The age of the cause comes as a duration, so that a process whose clock is wrong still halts.
-- Two causes are told apart as finely as the way here is even: one that a slower way makes look older is no news.
-- Locks the one row until the commit: halts and reopenings take turns.
create function halt_campaign(by_whom text, actor text, credential text, reason text, age_seconds double precision)
returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  cause timestamptz := clock_timestamp() - make_interval(secs => greatest(age_seconds, 0));
  state campaign_state;
begin
  select * into strict state from campaign_state for update;
  -- A reopening in the future means that the clock was set back: then no age can be compared, and the halt counts.
  if cause <= state.reopened_at and state.reopened_at <= clock_timestamp() then return; end if;
  if state.phase = 'halted' and cause <= state.cause_at then return; end if;
  update campaign_state set
    phase = 'halted', reason = left(halt_campaign.reason, 500), version = version + 1, cause_at = cause,
    since = case when phase = 'halted' then since else clock_timestamp() end;
  insert into campaign_audit (action, halted_by, actor, credential, reason, cause_at, version)
  values ('halt', by_whom, left(halt_campaign.actor, 100), halt_campaign.credential, left(halt_campaign.reason, 500),
          cause, state.version + 1);
  perform pg_notify('crowdproof_campaign', '');
end $$;
revoke execute on function halt_campaign from public;
