-- Snapshot, no lock. What is small enough to be read whole: anomalies nobody has handled; which suspected ghosts still
-- are; how far the sequence of serials has come, and from when on the access ledger has rows.
select
  coalesce((
    select json_agg(json_build_object('id', id, 'kind', kind, 'ageSeconds', extract(epoch from clock_timestamp() - at),
                                     'atSeconds', extract(epoch from at)))
    from (
      select id, kind, at from anomalies
      where not exists (select from handled_anomalies where anomaly_id = anomalies.id)
      order by at desc limit 1000
    ) as unhandled
  ), '[]') as anomalies,
  array(
    select number from unnest($1::text[]) as suspect (number)
    where not exists (select from members where members.number = suspect.number)
      and not exists (select from removed_members where removed_members.number = suspect.number)
  ) as "stillGhosts",
  -- Each value opens a block of 1,000 serials (001-members.sql).
  (select case when is_called then last_value + 999 else 0 end from member_serial_blocks)::float8 as "serialMax",
  pg_snapshot_xmin(pg_current_snapshot())::text as "oldestRunning",
  (clock_timestamp() - make_interval(secs => $2))::text as "firstTailFrom",
  (clock_timestamp() - make_interval(secs => $3))::text as "tailFrom",
  extract(epoch from clock_timestamp())::float8 as "nowSeconds",
  extract(epoch from (select min(from_at) from access_spans))::float8 as "ledgerFromSeconds"
