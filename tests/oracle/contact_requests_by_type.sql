-- Purpose: the table contact_requests_by_type for the day before a cut, from requests (event_day, status).
-- Parameters: cut.
select case when status is null then 'user' else 'backend' end as request_type, count(*)::bigint as request_count
from events
where event_day = $cut::date - 1
group by all
order by all;
