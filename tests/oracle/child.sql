-- Purpose: what the rule child must find, from events alone.
-- Parameters: min_transactions, average_below_minor.
select
    customer, merchant,
    min(event_day) as first_day, max(event_day) as last_day,
    count(*)::bigint as transactions, sum(amount_minor)::bigint as amount_minor
from events
group by customer, merchant
having count(*) >= $min_transactions and sum(amount_minor)::double / count(*) < $average_below_minor;
