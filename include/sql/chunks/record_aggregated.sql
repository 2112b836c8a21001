-- Purpose: publish checked chunks of a run in one batch; the caller insists on the full count.
-- Parameters: run_id, chunk_ids (array), seq.
with mine as (
    select dataset, chunk_id from chunks
    where run_id = %(run_id)s and status = 'checked' and chunk_id = any(%(chunk_ids)s::char(64)[])
    order by chunk_id
    for update
)
update chunks c
set status = 'aggregated', seq = %(seq)s, aggregated_at = clock_timestamp()
from mine
where c.dataset = mine.dataset and c.chunk_id = mine.chunk_id and c.run_id = %(run_id)s and c.status = 'checked';
