-- No conflict target, so that the right to insert is enough. Locks: none but the new keys.
insert into anomalies (id, at, worker, kind, route, viewer, subject_number, fields)
select id, at, worker, kind, route, decode(viewer, 'hex'), subject_number, fields
from json_to_recordset($1::json) as row (
  id uuid, at timestamptz, worker text, kind text, route text, viewer text, subject_number text, fields text[]
)
on conflict do nothing
