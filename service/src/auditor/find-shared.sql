-- Snapshot, no lock. What stands in more than one row, of all that was looked at: by the unique indexes while they are
-- there, in one pass over the table where somebody has dropped one.
select 'duplicate-number' as kind, number as value, array_agg(id::text order by id) as ids
from members where number = any ($1::text[]) group by number having count(*) > 1
union all
select 'duplicate-email', email_key, array_agg(id::text order by id)
from members where email_key = any ($2::text[]) group by email_key having count(*) > 1
union all
select 'shared-ticket', encode(ticket_number, 'hex'), array_agg(id::text order by id)
from members where ticket_number = any (select decode(hex, 'hex') from unnest($3::text[]) as hex)
group by ticket_number having count(*) > 1
union all
select 'shared-session', encode(token_hash, 'hex'), array_agg(distinct member_id::text order by member_id::text)
from sessions
where token_hash in (select token_hash from sessions where member_id = any ($4::uuid[]))
group by token_hash having count(distinct member_id) > 1
