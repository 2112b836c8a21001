-- Purpose: the table user_days for the day before a cut, from activity (user_id, event_time, event_day, ip_location,
--          device_id, outcome): users with any activity that did not fail.
-- Parameters: cut.
with counted as (
    select *, row_number() over () as id from events
    where event_day >= $cut::date - 2 and event_day < $cut::date and outcome <> 'failed'
),
hours as (
    select a.id, count(distinct b.ip_location) as locations_in_hour
    from counted a
    join counted b
        on b.user_id = a.user_id
        and b.event_time <= a.event_time and b.event_time > a.event_time - interval 1 hour
    where a.event_day = $cut::date - 1
    group by a.id
),
failures as (
    select user_id, count(*) as failed from events
    where event_day = $cut::date - 1 and outcome = 'failed'
    group by user_id
)
select
    user_id, count(*)::bigint as activities, coalesce(max(failed), 0)::bigint as failed,
    count(distinct ip_location)::bigint as locations, count(distinct device_id)::bigint as devices,
    max(locations_in_hour)::bigint as locations_in_hour
from counted
join hours using (id)
left join failures using (user_id)
group by user_id
order by user_id;
