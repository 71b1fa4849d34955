-- Why a candidate was not inserted. No lock: members are never changed, and a new snapshot sees what the insert waited for.
-- Subqueries rather than joins keep every look-up on its unique index, whatever the planner believes about row counts.
select
  candidate.id as "candidateId",
  keyed.id as "memberId",
  keyed.number,
  keyed.fingerprint = candidate.fingerprint as "isSameBody",
  exists (select from members where members.email_key = candidate.email_key) as "isEmailTaken",
  exists (select from members where members.ticket_number = candidate.ticket_number) as "isTicketUsed"
from json_to_recordset($1::json) as candidate (
  id uuid, email_key text, key_hash bytea, fingerprint bytea, ticket_number bytea
)
left join lateral (
  select id, number, fingerprint from members where members.key_hash = candidate.key_hash
) as keyed on true
