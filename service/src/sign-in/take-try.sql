-- Every try is paid for before it is looked at: of a thousand at once, no more than are left get a look.
-- Lock: the code's row, for this statement.
update sign_in_codes
set tries_left = tries_left - 1
where address_hash = $1 and tries_left > 0 and expires_at > now()
returning id
