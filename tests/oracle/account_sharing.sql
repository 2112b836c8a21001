-- Purpose: what the rule account_sharing must find at a cut, from activity (user_id, event_day, ip_location, device_id,
--          outcome).
-- Parameters: cut, locations, devices.
select
    user_id, max(event_day) as first_day, max(event_day) as last_day,
    count(distinct ip_location) filter (where outcome <> 'failed')::bigint as locations,
    count(distinct device_id) filter (where outcome <> 'failed')::bigint as devices,
    count(*) filter (where outcome <> 'failed')::bigint as activities,
    count(*) filter (where outcome = 'failed')::bigint as failed
from events
where event_day = $cut::date - 1
group by user_id
having count(distinct ip_location) filter (where outcome <> 'failed') > $locations
    or count(distinct device_id) filter (where outcome <> 'failed') > $devices;
