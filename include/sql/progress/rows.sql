-- Purpose: rows and chunks of one dataset that are through to the aggregates.
-- Parameters: dataset.
select count(*) as chunks, coalesce(sum(rows_in), 0)::bigint as rows
from chunks where dataset = %(dataset)s and status in ('aggregated', 'held');
