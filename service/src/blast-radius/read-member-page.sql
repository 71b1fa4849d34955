-- Snapshot, no lock. The next members by key, with what a value's hash is made of.
select id, number, encode(identity_mac, 'hex') as "identityMac", email_key as "emailKey", email, name, kana,
       kanji_name as "kanjiName", sex, birth_date::text as "birthDate", postal_code as "postalCode", address, phone, survey,
       message
from members where id > $1::uuid order by id limit $2
