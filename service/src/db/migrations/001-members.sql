-- Each value opens a block of 1,000 serials (block-issuer.ts). Serials have ten digits: the end is an error, never a wrap.
create sequence member_serial_blocks start 1 increment 1000 minvalue 1 maxvalue 9999999000 no cycle;

create table members (
  id uuid primary key,
  -- Twenty digits that leave 1 modulo 97 (ISO 7064): no sentinel, no rounded or cut number can be stored as one.
  number text not null unique check (number ~ '^[0-9]{20}$' and number::numeric % 97 = 1),
  email text not null,
  email_key text not null unique,
  name text not null,
  kana text not null,
  kanji_name text not null,
  sex text not null,
  birth_date date not null,
  postal_code text not null,
  address text not null,
  phone text not null,
  survey text[] not null check (cardinality(survey) = 5),
  message text not null,
  -- The idempotency key lives in its member's row: claimed by the same commit, and by one process only.
  key_hash bytea unique,
  fingerprint bytea not null,
  identity_mac bytea not null check (length(identity_mac) = 16),
  created_at timestamptz not null default now()
);

create table sessions (
  token_hash bytea primary key check (length(token_hash) = 32),
  member_id uuid not null references members (id) on delete cascade,
  expires_at timestamptz not null
);
create index sessions_member_id on sessions (member_id);
