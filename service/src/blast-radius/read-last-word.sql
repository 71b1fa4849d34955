-- Snapshot, no lock. Whether a worker that lives has yet to say that its ledger is complete up to $1. Its last word is by
-- the block-range index: none is older than 15 s.
select exists (
  select from access_spans where until_at >= clock_timestamp() - interval '15 seconds'
  group by span having max(until_at) < $1::timestamptz and not bool_or(is_last)
) as "isAwaited"
