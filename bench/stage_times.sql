-- Purpose: when each published stage of the run that owns a chunk of transactions began and ended.
-- Parameters: chunk_id.
select stage, attempts.started_at, attempts.finished_at
from chunks join attempts using (run_id)
where dataset = 'transactions' and chunk_id = %(chunk_id)s and attempts.finished_at is not null
