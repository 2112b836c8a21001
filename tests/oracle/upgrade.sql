-- Purpose: what the rule upgrade must find, from events and the importance file's rows alone.
-- Parameters: min_transactions, min_customers, top_share_bp, bottom_share_bp, weight_rank_within.
with merchants as (
    select merchant, count(*) as merchant_transactions, min(event_day) as first_day, max(event_day) as last_day
    from events
    group by merchant
),
pairs as (
    select merchant, customer, count(*) as transactions from events group by merchant, customer
),
weights as (
    select merchant, customer, sum(weight_micro) as weight_sum_micro, count(*) as weight_count
    from importance
    group by merchant, customer
),
counted as (
    select
        *,
        rank() over by_count as count_rank,
        percent_rank() over by_count as count_percentile,
        count(*) over (partition by merchant) as customers
    from pairs join weights using (merchant, customer)
    window by_count as (partition by merchant order by transactions desc)
),
marked as (
    select *, customers > 1 and count_percentile <= $top_share_bp / 10000 as frequent from counted
),
weighed as (
    select
        *,
        rank() over by_weight as weight_rank,
        percent_rank() over by_weight as weight_percentile,
        count(*) over (
            partition by merchant, case when $weight_rank_within = 'top_customers' then frequent end
        ) as weights_ranked
    from marked
    window by_weight as (
        partition by merchant, case when $weight_rank_within = 'top_customers' then frequent end
        order by weight_sum_micro::double / weight_count
    )
)
select
    customer, merchant, first_day, last_day,
    merchant_transactions::bigint as merchant_transactions, customers::bigint as customers,
    transactions::bigint as transactions, count_rank::bigint as count_rank,
    weight_sum_micro::bigint as weight_sum_micro, weight_count::bigint as weight_count,
    weight_rank::bigint as weight_rank, weights_ranked::bigint as weights_ranked
from weighed join merchants using (merchant)
where merchant_transactions >= $min_transactions and customers >= $min_customers
  and frequent and weights_ranked > 1 and weight_percentile <= $bottom_share_bp / 10000;
