-- Takes the next mails for this process and says at once when each is to be tried again if nothing is heard of it: a crash, a
-- failure and a lost answer are then the same, and none needs a further write. The last try is followed by none.
-- Locks: rows that another process is taking are skipped, so nobody waits and no mail is taken twice.
with next as (
  select id from outbox where due_at <= now() order by id limit $1 for update skip locked
), taken as (
  update outbox
  set attempts = attempts + 1,
      due_at = case when attempts + 1 >= $2 then 'infinity' else now() + make_interval(secs => $3 * 2 ^ attempts) end
  from next
  where outbox.id = next.id
  returning outbox.id, outbox.kind, outbox.member_id, outbox.attempts
)
select taken.id, taken.kind, taken.attempts, members.email, members.name, members.kanji_name as "kanjiName", members.number
from taken left join members on members.id = taken.member_id
