-- Snapshot, no lock. The hashes of the values of answers that mixed people, once for each mixture.
select distinct on (identity_mac, fields) encode(identity_mac, 'hex') as "identityMac", fields, field_macs as "fieldMacs"
from access_ledger
where mismatch_kind is not null and at >= $1::timestamptz and at < $2::timestamptz
  and identity_mac = any (select decode(hex, 'hex') from unnest($3::text[]) as hex)
order by identity_mac, fields
