-- Purpose: the chunks whose quarantined rows are to be corrected, locked so that none is driven through again meanwhile.
-- Parameters: dataset, chunk_ids (array).
select chunk_id, status, quarantine_path
from chunks
where dataset = %(dataset)s and chunk_id = any(%(chunk_ids)s::char(64)[])
order by chunk_id
for share;
