-- Snapshot, no lock. By the block-range index on created_at: the table's end, not the table. Of its rows those that the
-- last look cannot have seen: written by a transaction that its snapshot did not have for ended. So a row is read once,
-- and one whose commit was late is not missed.
select id, number, email, email_key as "emailKey", name, kana, kanji_name as "kanjiName", sex, birth_date::text as "birthDate",
       postal_code as "postalCode", address, phone, survey, message, encode(identity_mac, 'hex') as "identityMac",
       encode(ticket_number, 'hex') as "ticketNumber",
       exists (select from sessions where member_id = members.id)
         or exists (select from ended_sessions where member_id = members.id) as "hasSession",
       created_at::text as "createdAt"
from members
where (created_at, id) > ($1::timestamptz, $2::uuid) and created_at >= $1::timestamptz
  and ($4::xid8 is null or age(xmin) <= age($4::xid8::xid))
order by created_at, id
limit $3
