-- Purpose: the table user_days for the day before a cut, from activity (user_id, event_time, event_day, ip_location,
--          device_id, outcome): every user with any activity of the day, failed or not; places and devices are those of
--          activities that did not fail.
-- Parameters: cut.
with day as (
    select * from events where event_day = $cut::date - 1
),
succeeded as (
    select * from events where outcome <> 'failed' and event_day in ($cut::date - 2, $cut::date - 1)
),
hours as (
    select distinct user_id, event_time as ends from succeeded where event_day = $cut::date - 1
),
in_hour as (
    select hours.user_id, hours.ends, count(distinct succeeded.ip_location) as locations
    from hours
    join succeeded
        on succeeded.user_id = hours.user_id
        and succeeded.event_time > hours.ends - interval 1 hour and succeeded.event_time <= hours.ends
    group by hours.user_id, hours.ends
)
select
    user_id,
    sum(case when outcome = 'failed' then 0 else 1 end)::bigint as activities,
    sum(case when outcome = 'failed' then 1 else 0 end)::bigint as failed,
    count(distinct case when outcome <> 'failed' then ip_location end)::bigint as locations,
    count(distinct case when outcome <> 'failed' then device_id end)::bigint as devices,
    coalesce(
        (select max(in_hour.locations) from in_hour where in_hour.user_id = day.user_id), 0
    )::bigint as locations_in_hour
from day
group by user_id
order by user_id;
