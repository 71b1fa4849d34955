-- Sent mails, and those whose member is gone, leave; refused ones stay, for ever not due. Row locks on both, held for the statement.
with refused as (
  update outbox set due_at = 'infinity' where id = any($2::uuid[])
)
delete from outbox where id = any($1::uuid[])
