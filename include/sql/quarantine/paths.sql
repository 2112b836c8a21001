-- Purpose: where the quarantined rows of chunks lie, in the order of landing.
-- Parameters: dataset, chunk (the first digits of an id; empty: all).
select chunk_id, quarantine_path
from chunks
where dataset = %(dataset)s and rows_quarantined > 0 and quarantine_path is not null
  and starts_with(chunk_id::text, %(chunk)s)
order by landed_at, chunk_id;
