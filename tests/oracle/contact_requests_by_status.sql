-- Purpose: the table contact_requests_by_status for the day before a cut, from requests (event_day, status, status_msg,
--          phone, ip).
-- Parameters: cut.
select
    status, coalesce(status_msg, '') as status_msg, count(*)::bigint as request_count,
    count(distinct phone)::bigint as phone_count, count(distinct ip)::bigint as ip_count
from events
where event_day = $cut::date - 1 and status is not null
group by all
order by all;
