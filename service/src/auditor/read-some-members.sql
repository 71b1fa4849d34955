-- Snapshot, no lock. The next rows of the round through the whole table, by its key, and those that are under suspicion.
select id, number, email, email_key as "emailKey", name, kana, kanji_name as "kanjiName", sex, birth_date::text as "birthDate",
       postal_code as "postalCode", address, phone, survey, message, encode(identity_mac, 'hex') as "identityMac",
       encode(ticket_number, 'hex') as "ticketNumber",
       exists (select from sessions where member_id = members.id)
         or exists (select from ended_sessions where member_id = members.id) as "hasSession"
from members
where id = any (array(select id from members where id > $1::uuid order by id limit $2) || $3::uuid[])
