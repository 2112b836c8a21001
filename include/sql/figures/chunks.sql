-- Purpose: chunks and their rows by dataset and status. Rows of chunks not yet counted, or unreadable, are zero.
select
    dataset,
    status,
    count(*) as chunks,
    coalesce(sum(rows_in), 0)::bigint as rows_in,
    coalesce(sum(rows_loaded), 0)::bigint as rows_loaded,
    coalesce(sum(rows_quarantined), 0)::bigint as rows_quarantined,
    coalesce(sum(rows_duplicate), 0)::bigint as rows_duplicate,
    coalesce(sum(rows_held), 0)::bigint as rows_held
from chunks
group by dataset, status
order by dataset, status;
