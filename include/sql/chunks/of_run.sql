-- Purpose: the chunks that a run owns, in the order in which they landed.
-- Parameters: run_id, status (null: all).
select
    dataset, chunk_id, bytes, first_key, deliveries, status, reason, run_id, tries,
    rows_in, rows_loaded, rows_quarantined, rows_duplicate, rows_held,
    first_day, last_day, events_path, quarantine_path, seq, landed_at
from chunks
where run_id = %(run_id)s and (%(status)s::text is null or status = %(status)s)
order by landed_at, chunk_id;
