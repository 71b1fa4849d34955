-- At most one code an address, whether a member has it or not: asking and guessing cost everybody the same.
create table sign_in_codes (
  -- HMAC of the address: those of people who are no members are not kept in plain.
  address_hash bytea primary key check (length(address_hash) = 32),
  -- The code follows from this id and a key that is not in the database. A hash of eight digits would be no secret: all of them are
  -- hashed in a second.
  id uuid not null,
  member_id uuid,
  tries_left smallint not null check (tries_left >= 0),
  expires_at timestamptz not null,
  hour_began_at timestamptz not null default now(),
  asked_in_hour smallint not null default 1
);
-- Whoever asks takes two old rows away: the table holds an hour's addresses, however many a stranger makes up.
create index sign_in_codes_hour_began_at on sign_in_codes (hour_began_at);
