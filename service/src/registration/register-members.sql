-- The registrations of one moment: members and their first sessions, one statement, one commit.
-- Locks: each new key is locked in the four unique indexes until the commit. Another transaction that inserts the
-- same key waits for that commit and then does nothing; so "still in flight" resolves itself, across processes too.
-- Rows go in by e-mail key, so that two batches with the same addresses wait for each other in one order. Keys and
-- addresses crossed between two batches can still deadlock: PostgreSQL ends one, and the batch is tried again.
-- One JSON parameter instead of 15 arrays: Node writes JSON natively, pg builds array literals character by character.
with candidate as (
  select * from json_to_recordset($1::json) as row (
    id uuid, number text, email text, email_key text, name text, kana text, "kanjiName" text, sex text,
    "birthDate" date, "postalCode" text, address text, phone text, survey text[], message text,
    key_hash bytea, ticket_number bytea, fingerprint bytea, identity_mac bytea, token_hash bytea
  )
), member as (
  insert into members (
    id, number, email, email_key, name, kana, kanji_name, sex, birth_date, postal_code, address, phone, survey,
    message, key_hash, ticket_number, fingerprint, identity_mac
  )
  select id, number, email, email_key, name, kana, "kanjiName", sex, "birthDate", "postalCode", address, phone, survey,
         message, key_hash, ticket_number, fingerprint, identity_mac
  from candidate
  order by email_key
  on conflict do nothing
  returning id
), session as (
  insert into sessions (token_hash, member_id, expires_at)
  select candidate.token_hash, candidate.id, now() + make_interval(secs => $2)
  from candidate join member on member.id = candidate.id
), mail as (
  insert into outbox (id, kind, member_id) select id, 'confirmation', id from member
)
select id from member
