-- Purpose: record what became of a run's claimed objects; the caller insists on the full count.
-- Parameters: dataset, run_id, settled (JSON array of key, version, outcome, chunk_id).
update objects o
set outcome = s.outcome,
    chunk_id = s.chunk_id,
    replaces = exists (
        select from objects earlier
        where earlier.dataset = o.dataset and earlier.key = o.key and earlier.version <> o.version
          and earlier.outcome <> 'claimed' and earlier.chunk_id is distinct from s.chunk_id
    ),
    settled_at = clock_timestamp()
from jsonb_to_recordset(%(settled)s) as s (key text, version text, outcome text, chunk_id char(64))
where o.dataset = %(dataset)s and o.key = s.key and o.version = s.version
  and o.run_id = %(run_id)s and o.outcome = 'claimed';
