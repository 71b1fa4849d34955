-- No lock: a session ends by its time, or by its member leaving (end-session.sql); a read at that moment comes before or after.
select members.id as "memberId", members.number
from sessions
join members on members.id = sessions.member_id
where sessions.token_hash = $1 and sessions.expires_at > now()
