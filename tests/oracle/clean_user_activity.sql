-- Purpose: the table clean_user_activity for the day before a cut, from activity (user_id, event_time, event_day,
--          device_id, ip_location, country, latitude_micro, longitude_micro, outcome).
-- Parameters: cut.
with different as (
    select
        user_id, event_time, device_id, ip_location, country, latitude_micro, longitude_micro, outcome,
        count(*) as told
    from events
    where event_day = $cut::date - 1
    group by all
)
select
    user_id, event_time,
    row_number() over (
        partition by user_id, event_time
        order by device_id, ip_location, country nulls first, latitude_micro nulls first, longitude_micro nulls first, outcome
    )::integer as number,
    device_id, ip_location, country, latitude_micro, longitude_micro, outcome, outcome = 'failed' as failed,
    told::bigint as told
from different
order by user_id, event_time, number;
