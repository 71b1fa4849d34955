-- Whoever leaves, leaves at once, on every process. Lock: the session's row.
delete from sessions where token_hash = $1
