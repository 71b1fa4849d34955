-- Snapshot, no lock. How many answers with personal data the ledger has for the range: by the block-range index on at.
select count(*)::float8 as answers from access_ledger where at >= $1::timestamptz and at < $2::timestamptz
