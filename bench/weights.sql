-- Purpose: generated importance rows, one or two for nine pairs in ten; weights in millionths, of few values.
-- Parameters: pairs, customers, merchants, seed.
select
    format('C{:07d}', pair % $customers) as customer,
    format('M{:05d}', floor($merchants * power(pair / $pairs::double, 2))::bigint) as merchant,
    (hash(pair, copy, $seed, 'weight') % 500)::bigint * 250000 as weight_micro
from range($pairs) as pairs (pair) cross join range(2) as copies (copy)
where hash(pair, $seed, 'weighted') % 10 > 0 and (copy = 0 or hash(pair, $seed, 'twice') % 4 = 0)
