-- A code is used by whoever deletes it: of two right tries at once, one. Lock: the code's row, until the commit.
with used as (
  delete from sign_in_codes where address_hash = $1 and id = $2 and expires_at > now() returning member_id
)
select members.id as "memberId", encode(members.identity_mac, 'hex') as "identityMac",
       number, email, name, kana, kanji_name as "kanjiName", sex, birth_date::text as "birthDate",
       postal_code as "postalCode", address, phone, survey, message
from used join members on members.id = used.member_id
