-- Snapshot, no lock. The next members by key, and of their data only the columns in $3, whose hashes are looked for: nobody's
-- data is read that need not be, and what is not sent need not be parsed.
select id, encode(identity_mac, 'hex') as "identityMac",
       case when 'reader' = any ($3::text[]) then email_key end as "emailKey",
       case when 'number' = any ($3) then number end as number,
       case when 'email' = any ($3) then email_key end as email,
       case when 'name' = any ($3) then name end as name,
       case when 'kana' = any ($3) then kana end as kana,
       case when 'kanjiName' = any ($3) then kanji_name end as "kanjiName",
       case when 'sex' = any ($3) then sex end as sex,
       case when 'birthDate' = any ($3) then birth_date::text end as "birthDate",
       case when 'postalCode' = any ($3) then postal_code end as "postalCode",
       case when 'address' = any ($3) then address end as address,
       case when 'phone' = any ($3) then phone end as phone,
       case when 'survey' = any ($3) then survey end as survey,
       case when 'message' = any ($3) then message end as message
from members where id > $1::uuid order by id limit $2
