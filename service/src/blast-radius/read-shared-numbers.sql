-- Snapshot, no lock. Numbers told to more than one person as theirs: the guard of one worker cannot know what another gave.
-- An answer that mixed people is no person; a duplicate is one, as is one whose fields are those that were sent.
select subject_number as number, count(distinct identity_mac)::int as people,
       (extract(epoch from min(at)) * 1000)::float8 as "firstMs", (extract(epoch from max(at)) * 1000)::float8 as "lastMs"
from access_ledger
where kind = 'new-member' and subject_number is not null and at >= $1::timestamptz and at < $2::timestamptz
  and (mismatch_kind is null or mismatch_kind = 'duplicate' or own_fields & 4094 = 4094)
group by subject_number having min(identity_mac) <> max(identity_mac)
