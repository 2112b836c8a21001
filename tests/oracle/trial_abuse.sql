-- Purpose: what the rule trial_abuse must find at a cut, from subscriptions (user_id, device_id, subscription_id, kind,
--          event_day).
-- Parameters: cut, trials.
with trials as (
    select 'user' as holder_kind, user_id as holder, subscription_id, event_day
    from events where kind = 'trial' and event_day < $cut::date
    union all
    select 'device', device_id, subscription_id, event_day
    from events where kind = 'trial' and event_day < $cut::date and device_id is not null
)
select
    holder_kind, holder, min(event_day) as first_day, max(event_day) as last_day,
    count(distinct subscription_id)::bigint as trials
from trials
group by holder_kind, holder
having count(distinct subscription_id) > $trials;
