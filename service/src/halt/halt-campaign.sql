-- Locks: see halt_campaign in 004-campaign-state.sql.
select halt_campaign($1, $2, $3, $4, $5)
