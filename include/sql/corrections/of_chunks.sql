-- Purpose: the rows of these chunks that were corrected, and what they landed as.
-- Parameters: dataset, chunk_ids (array).
select chunk_id, line, into_chunk, into_line
from corrections
where dataset = %(dataset)s and chunk_id = any(%(chunk_ids)s::char(64)[]);
