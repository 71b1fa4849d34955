-- A new code for an address, and the mail that carries it, whoever asks: a member's address and any other take the same
-- statement, the same rows, the same time. Beyond the hour's share nothing is written and the last code stays.
-- Locks: the address's row; two who ask at once take turns, and the later code counts. Old rows that somebody else is
-- taking away are skipped.
with old as (
  delete from sign_in_codes where address_hash in (
    select address_hash from sign_in_codes
    where hour_began_at < now() - interval '1 hour' and expires_at < now() and address_hash <> $1
    order by hour_began_at limit 2 for update skip locked
  )
), code as (
  insert into sign_in_codes (address_hash, id, member_id, tries_left, expires_at)
  values ($1, $2, (select id from members where email_key = $3), $4, now() + make_interval(secs => $5))
  on conflict (address_hash) do update set
    id = excluded.id,
    member_id = excluded.member_id,
    tries_left = excluded.tries_left,
    expires_at = excluded.expires_at,
    hour_began_at = case when sign_in_codes.hour_began_at > now() - interval '1 hour' then sign_in_codes.hour_began_at else now() end,
    asked_in_hour = case when sign_in_codes.hour_began_at > now() - interval '1 hour' then sign_in_codes.asked_in_hour + 1 else 1 end
  where sign_in_codes.asked_in_hour < $6 or sign_in_codes.hour_began_at <= now() - interval '1 hour'
  returning id, member_id
)
insert into outbox (id, kind, member_id) select id, 'sign-in-code', member_id from code
