-- No lock: it only says why an approval did nothing.
select requested_by as "requestedBy", reopening.credential, reopening.version, state.version as "stateVersion", state.phase,
       requested_at <= clock_timestamp() - interval '30 minutes' as "isExpired"
from reopenings as reopening cross join campaign_state as state
where reopening.id = $1
