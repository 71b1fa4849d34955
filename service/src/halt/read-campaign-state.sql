-- No lock: a moment old is good enough, and the notification brings the next look. Ages are durations, for no process'
-- clock need agree with the database's.
select phase, share, reason,
       round(extract(epoch from since) * 1000)::float8 as "sinceMs",
       extract(epoch from reopened_at)::float8 * 1000 as "reopenedAtMs",
       extract(epoch from clock_timestamp() - reopened_at)::float8 * 1000 as "reopenedAgeMs"
from campaign_state
