-- Purpose: the table user_payments for the day before a cut, from payments (user_id, payment_id, status, amount_minor,
--          event_time, event_day).
-- Parameters: cut.
select
    user_id, payment_id, status, min(event_time) as first_at, max(amount_minor)::bigint as amount_minor,
    count(*)::bigint as told
from events
where event_day = $cut::date - 1
group by all
order by user_id, payment_id, status;
