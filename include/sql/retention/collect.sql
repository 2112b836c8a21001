-- Purpose: an attempt whose outputs are about to be collected may not publish any more; the caller holds its run's lock.
-- Parameters: attempts (JSON array of run_id, stage, attempt).
update attempts a
set collected_at = coalesce(a.collected_at, clock_timestamp())
from jsonb_to_recordset(%(attempts)s) as c (run_id bigint, stage text, attempt int)
where a.run_id = c.run_id and a.stage = c.stage and a.attempt = c.attempt;
