-- Snapshot, no lock. A stretch of the access ledger's time: numbers that were told to somebody as theirs and are no
-- member's, nor that of a member who was removed; sessions to which two people's data was shown; and how many rows it was.
with stretch as (
  select kind, viewer, subject_number from access_ledger
  where at >= to_timestamp($1::float8) and at < to_timestamp($2::float8)
), told as (
  select distinct subject_number as number from stretch where kind = 'new-member' and subject_number is not null
)
select
  (select count(*) from stretch)::float8 as rows,
  array(
    select number from told
    where not exists (select from members where members.number = told.number)
      and not exists (select from removed_members where removed_members.number = told.number)
    limit 1000
  ) as ghosts,
  array(
    select encode(viewer, 'hex') from stretch where viewer is not null and subject_number is not null
    group by viewer having count(distinct subject_number) > 1 limit 1000
  ) as "sharedViewers"
