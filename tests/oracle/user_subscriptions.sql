-- Purpose: the table user_subscriptions for the day before a cut, from subscriptions (user_id, subscription_id, kind, plan,
--          event_time, event_day).
-- Parameters: cut.
select
    user_id, subscription_id, kind, plan, min(event_time) as begun_at, count(*)::bigint as told
from events
where event_day = $cut::date - 1
group by all
order by user_id, subscription_id, kind, plan;
