-- Purpose: generated transactions, one row per number; the same numbers and seed give the same rows.
--   Every one of the pairs occurs within the first $pairs rows. Half of the rows are at the first merchant.
-- Parameters: first_row, last_row (exclusive), pairs, customers, merchants, rows_a_day, chunk_rows, epoch (a day), seed.
with drawn as (
    select
        i,
        case
            when i < $pairs then i
            else least(floor($pairs * power((hash(i, $seed) % 4294967296)::double / 4294967296, 3))::bigint, $pairs - 1)
        end as pair
    from range($first_row, $last_row) as numbers (i)
),
parties as (
    select
        i, pair, pair % $customers as customer,
        floor($merchants * power(pair / $pairs::double, 2))::bigint as merchant,
        -- Not a multiple of the chunk's rows, so that the borders of chunks fall inside days.
        (i + $rows_a_day // 3) // $rows_a_day as step
    from drawn
)
select
    step::int as step,
    format('C{:07d}', customer) as customer,
    (hash(customer, 'age') % 7)::text as age,
    case when hash(customer, 'gender') % 100 < 40 then 'F'
         when hash(customer, 'gender') % 100 < 80 then 'M'
         when hash(customer, 'gender') % 100 < 90 then 'E' else 'U' end as gender,
    '28007' as zipcode_ori,
    format('M{:05d}', merchant) as merchant,
    '28007' as zip_merchant,
    format('es_category_{}', merchant % 15) as category,
    -- Averages of the pairs lie between 10.00 and 210.00.
    (1 + hash(i, 'amount') % (2000 + hash(pair, 'mean') % 40000))::bigint as amount_minor,
    hash(i, 'fraud') % 80 = 0 as fraud,
    ($epoch::date + step::int)::timestamp as event_time,
    $epoch::date + step::int as event_day,
    sha256(format('{} {}', $seed, i // $chunk_rows)) as chunk_id,
    (2 + i % $chunk_rows)::int as line
from parties
order by i
