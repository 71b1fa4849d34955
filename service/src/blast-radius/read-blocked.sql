-- Snapshot, no lock. What the guard withheld; the index on recorded_at does not help, and there are never many rows.
select kind, count(*)::int as answers, (extract(epoch from min(at)) * 1000)::float8 as "firstMs", (extract(epoch from max(at)) * 1000)::float8 as "lastMs"
from anomalies where at >= $1::timestamptz and at < $2::timestamptz group by kind order by kind
