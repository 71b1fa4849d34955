-- Of the members and confirmations of one round, those that are not whole: a member needs the session, and the mail, that their
-- own commit wrote. A mail that has been sent has left the outbox: whoever asks looks for it among the mails.
-- One snapshot, no lock.
select members.id::text as id,
       'no session' as lacks
from members
where created_at >= $1::timestamptz and not exists (select from sessions where member_id = members.id)
union all
select members.id::text, 'no mail'
from members
where created_at >= $1::timestamptz and not exists (select from outbox where outbox.id = members.id)
union all
select outbox.id::text, 'no member'
from outbox
where kind = 'confirmation' and not exists (select from members where members.id = outbox.id)
