-- Snapshot, no lock. Whose sessions these are, also those that were ended; by half of each hash, as the ledger has it.
with asked as (select decode(hex, 'hex') as viewer from unnest($1::text[]) as hex),
held as (
  select asked.viewer, member_id from sessions join asked on substring(token_hash for 16) = asked.viewer
  union
  select asked.viewer, member_id from ended_sessions join asked using (viewer)
)
select encode(viewer, 'hex') as viewer, number, encode(identity_mac, 'hex') as "identityMac"
from held join members on members.id = held.member_id
