-- Purpose: what the rule dei_needed must find, from events alone.
-- Parameters: min_female, female_below_percent.
with customers as (
    select
        merchant, customer, min(event_day) as first_day, max(event_day) as last_day,
        string_agg(distinct gender, '' order by gender) filter (where gender in ('F', 'M')) as said
    from events
    group by merchant, customer
)
select
    merchant,
    min(first_day) as first_day, max(last_day) as last_day,
    (count(*) filter (where said = 'F'))::bigint as female_customers,
    (count(*) filter (where said = 'M'))::bigint as male_customers
from customers
group by merchant
having count(*) filter (where said = 'F') >= $min_female
   and count(*) filter (where said = 'F') / $female_below_percent::double < count(*) filter (where said = 'M') / 100;
