-- Purpose: the table clicks_by_hour for the day before a cut, from clicks (event_time, event_day, user_id, action, category,
--          amount_minor).
-- Parameters: cut.
select
    action, coalesce(category, '') as category, strftime(event_time at time zone 'UTC', '%H') as hour,
    count(*)::bigint as click_count, count(distinct user_id)::bigint as user_count,
    coalesce(sum(amount_minor), 0)::bigint as amount_minor
from events
where event_day = $cut::date - 1
group by all
order by all;
