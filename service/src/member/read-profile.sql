-- No lock: a member's row is written once, in the commit that was acknowledged.
select number, email, name, kana, kanji_name as "kanjiName", sex, birth_date::text as "birthDate",
       postal_code as "postalCode", address, phone, survey, message
from members
where id = $1
