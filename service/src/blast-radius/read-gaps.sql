-- Snapshot, no lock. When the ledger cannot say who saw what, within the range. dropped, crash: the view access_gaps.
-- database-crash: a batch whose commit was lost, seen by the next one of its process. not-yet-written: a living worker's
-- last word is older than the range's end. no-ledger: nobody kept one, and members were there to be seen.
with spans as (
  select span, worker, batch, from_at, until_at, is_last,
         lag(batch) over step as batch_before, lag(until_at) over step as until_before
  from access_spans where until_at >= $1::timestamptz and from_at <= $2::timestamptz
  window step as (partition by span order by batch)
), gap as (
  select cause, worker, from_at, coalesce(until_at, $2::timestamptz) as until_at, until_at is null as is_open, lost from access_gaps
  union all
  select 'database-crash', worker, coalesce(until_before, $1::timestamptz), from_at, false, null from spans
  where (batch_before is null and batch > 0 and from_at > $1::timestamptz) or batch > batch_before + 1
  union all
  select 'not-yet-written', worker, max(until_at), $2::timestamptz, true, null from access_spans
  where until_at >= clock_timestamp() - interval '15 seconds'
  group by span, worker having not bool_or(is_last) and max(until_at) < $2::timestamptz
), covered as (
  select coalesce(range_agg(during), '{}') as during from (
    select tstzrange(from_at, until_at, '[]') as during from spans
    union all
    select tstzrange(from_at, greatest(from_at, until_at), '[]') from gap
  ) as stretch
), ledger as (
  -- A second less at each end of what is bare: clocks of machines differ by milliseconds, and a row's time is its
  -- transaction's. Where there never was a ledger, nothing can differ.
  select min(from_at) as began_at, case when min(from_at) is null then interval '0' else interval '1 second' end as margin
  from access_spans
), bare as (
  select lower(stretch) + margin as from_at, upper(stretch) - margin as until_at,
         coalesce(upper(stretch) <= began_at, true) as is_before
  from ledger, unnest((select tstzmultirange(tstzrange($1::timestamptz, $2::timestamptz)) - during from covered)) as stretch
  where upper(stretch) - lower(stretch) > margin * 2
), unkept as (
  select 'no-ledger', null::text, from_at, until_at, false, null::int from bare
  where exists (
    select from members where created_at < bare.until_at and (bare.is_before or created_at >= bare.from_at)
  ) or (is_before and exists (select from removed_members where removed_at >= bare.from_at))
    or not exists (select from access_spans)
)
select cause, worker, (extract(epoch from greatest(from_at, $1::timestamptz)) * 1000)::float8 as "fromMs",
       (extract(epoch from least(until_at, $2::timestamptz)) * 1000)::float8 as "untilMs", is_open as "isOpen", lost
from (select * from gap union all select * from unkept) as every
where from_at < $2::timestamptz and until_at >= $1::timestamptz
order by from_at, worker, cause
