-- Snapshot, no lock. One pass over the ledger until the range's end, as it has no index by viewer (that would cost every
-- signup): who the given tokens were made for and what was shown under them, and whose the given identities are.
select encode(viewer, 'hex') as viewer, encode(identity_mac, 'hex') as "identityMac", subject_number as "subjectNumber",
       kind in ('new-member', 'signed-in') as "isSignup", at >= $1::timestamptz as "isWithin", bit_or(fields)::int as fields,
       count(*)::int as answers, (extract(epoch from min(at)) * 1000)::float8 as "firstMs", (extract(epoch from max(at)) * 1000)::float8 as "lastMs"
from access_ledger
where mismatch_kind is null and at < $2::timestamptz and (
  viewer = any (select decode(hex, 'hex') from unnest($3::text[]) as hex)
  or identity_mac = any (select decode(hex, 'hex') from unnest($4::text[]) as hex)
)
group by 1, 2, 3, 4, 5
