-- Purpose: what the rule bot_rate must find at a cut, from clicks alone (user_id, event_time, event_day).
-- Parameters: cut, per_minute, per_5_minutes, per_30_minutes.
with counted as (
    select * from events where event_day >= $cut::date - 2 and event_day < $cut::date
),
windows as (
    select
        a.user_id, a.event_day, a.rowid,
        count(*) filter (where b.event_time > a.event_time - interval 1 minute) as in_1_minute,
        count(*) filter (where b.event_time > a.event_time - interval 5 minutes) as in_5_minutes,
        count(*) as in_30_minutes
    from (select *, row_number() over () as rowid from counted where event_day = $cut::date - 1) a
    join counted b
        on b.user_id = a.user_id and b.event_time <= a.event_time and b.event_time > a.event_time - interval 30 minutes
    group by all
)
select
    user_id, max(event_day) as first_day, max(event_day) as last_day,
    max(in_1_minute)::bigint as in_1_minute, max(in_5_minutes)::bigint as in_5_minutes,
    max(in_30_minutes)::bigint as in_30_minutes, count(*)::bigint as events
from windows
group by user_id
having max(in_1_minute) > $per_minute or max(in_5_minutes) > $per_5_minutes or max(in_30_minutes) > $per_30_minutes;
