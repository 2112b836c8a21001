-- Purpose: what the rule payment_risk must find at a cut, from payments (user_id, payment_id, status, event_time, event_day).
-- Parameters: cut, failed, chargebacks.
with counted as (
    select * from events where event_day >= $cut::date - 30 and event_day < $cut::date and status in ('failed', 'chargeback')
),
ends as (
    -- the moments at which a week can be over the limit: failures of the judged day, and the cut itself by days
    select a.user_id, count(distinct b.payment_id) as failed
    from counted a
    join counted b
        on b.user_id = a.user_id and b.status = 'failed'
        and b.event_time <= a.event_time and b.event_time > a.event_time - interval 7 days
    where a.event_day = $cut::date - 1
    group by a.user_id, a.event_time
    union all
    select user_id, count(distinct payment_id) from counted
    where status = 'failed' and event_day >= $cut::date - 7
    group by user_id
),
failures as (
    select user_id, max(failed) as failed from ends group by user_id
)
select
    user_id, min(event_day) as first_day, max(event_day) as last_day,
    coalesce(max(failed), 0)::bigint as failed_in_7_days,
    count(distinct payment_id) filter (where status = 'chargeback')::bigint as chargebacks_in_30_days
from counted
left join failures using (user_id)
group by user_id
having coalesce(max(failed), 0) > $failed
    or count(distinct payment_id) filter (where status = 'chargeback') > $chargebacks;
