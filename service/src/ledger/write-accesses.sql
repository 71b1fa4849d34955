-- A batch, and the word that everything from $12 to $7 is in it, in one commit. $1 packs the rows, 48 bytes each
-- (pack-access.ts): Node builds that at a fraction of what array literals cost. Without waiting for the disk: what a
-- crash of the server takes, it takes together with the word. Sent again after a lost answer, the key of access_spans
-- refuses it as a whole. No lock but on the new rows.
with packed as (
  insert into access_ledger (at, worker, kind, viewer, subject_number, identity_mac, fields)
  select to_timestamp(($2::float8 + get_byte($1, o) * 65536 + get_byte($1, o + 1) * 256 + get_byte($1, o + 2)) / 1000),
         $9, ($3::text[])[get_byte($1, o + 3) + 1],
         nullif(substring($1 from o + 5 for 16), '\x00000000000000000000000000000000'),
         nullif(encode(substring($1 from o + 21 for 10), 'hex'), '00000000000000000000'),
         substring($1 from o + 31 for 16),
         get_byte($1, o + 46) * 256 + get_byte($1, o + 47)
  from generate_series(0, length($1::bytea) - 1, 48) as row (o)
), odd as (
  insert into access_ledger (at, worker, kind, viewer, subject_number, identity_mac, fields, mismatch_kind, field_macs,
                             reader_mac, own_fields)
  select to_timestamp(at / 1000), $9, kind, decode(viewer, 'hex'), subject_number, decode(identity_mac, 'hex'), fields,
         mismatch_kind, field_macs, reader_mac, own_fields
  from json_to_recordset($4::json) as row (
    at float8, kind text, viewer text, subject_number text, identity_mac text, fields smallint, mismatch_kind text,
    field_macs jsonb, reader_mac text, own_fields smallint
  )
)
insert into access_spans (rows, lost, until_at, is_last, worker, span, batch, from_at)
select $5::int, $6::int, to_timestamp($7::float8 / 1000), $8::boolean, $9::text, $10::uuid, $11::int,
       to_timestamp($12::float8 / 1000)
from (select set_config('synchronous_commit', 'off', true)) as hasty
