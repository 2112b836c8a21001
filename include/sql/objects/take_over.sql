-- Purpose: move claims that left_claimed.sql found to a run.
-- Parameters: dataset, run_id, taken (JSON array of key, version).
update objects o
set run_id = %(run_id)s
from jsonb_to_recordset(%(taken)s) as t (key text, version text)
where o.dataset = %(dataset)s and o.key = t.key and o.version = t.version and o.outcome = 'claimed';
