-- Purpose: the table raw_user_activity for the day before a cut, from activity (chunk_id, line, user_id, event_time,
--          event_day, device_id, ip_location, country, latitude_micro, longitude_micro, outcome).
-- Parameters: cut.
select
    user_id, chunk_id, line, event_time, device_id, ip_location, country, latitude_micro, longitude_micro, outcome
from events
where event_day = $cut::date - 1
order by chunk_id, line;
