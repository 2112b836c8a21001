-- Purpose: for how many seconds the oldest landed chunk that is not in the aggregates yet has waited, by dataset.
select dataset, extract(epoch from clock_timestamp() - min(landed_at))::float8 as seconds
from chunks
where status in ('landed', 'checked')
group by dataset;
