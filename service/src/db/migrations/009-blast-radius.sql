-- What a signup or sign-in that should have been withheld says about who asked: the session it gave may be anybody's.
alter table access_ledger
  -- Keyed hash of the address in the request.
  add column reader_mac text check (length(reader_mac) = 16),
  -- Bits, as in fields: what was shown and is as the request itself sent it.
  add column own_fields smallint;

-- The blast radius begins with these rows. None in a healthy service, so the index is empty and costs nothing.
create index access_ledger_mismatches on access_ledger (at) where mismatch_kind is not null;
