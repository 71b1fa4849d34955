-- Snapshot, no lock. Answers that left and should not have: by the partial index that holds nothing else. Before the
-- range only those that gave a session away, for what was read under it within the range. Repeated answers are one row.
select viewer, reader_mac as "readerMac", subject_number as "subjectNumber", identity_mac as "identityMac",
       mismatch_kind as "kind", is_signup as "isSignup", is_within as "isWithin", fields, own_fields as "ownFields",
       count(*)::int as answers, (extract(epoch from min(at)) * 1000)::float8 as "firstMs", (extract(epoch from max(at)) * 1000)::float8 as "lastMs"
from (
  select encode(viewer, 'hex') as viewer, reader_mac, subject_number, encode(identity_mac, 'hex') as identity_mac,
         mismatch_kind, kind in ('new-member', 'signed-in') as is_signup, at >= $1::timestamptz as is_within, at, fields, own_fields
  from access_ledger
  where mismatch_kind is not null and at < $2::timestamptz
    and (at >= $1::timestamptz or kind in ('new-member', 'signed-in'))
) as answer
group by viewer, reader_mac, subject_number, identity_mac, mismatch_kind, is_signup, is_within, fields, own_fields
order by min(at), viewer, identity_mac
