-- Purpose: drop the profiles of chunks that are checked anew.
-- Parameters: dataset, chunk_ids.
delete from chunk_days where dataset = %(dataset)s and chunk_id = any(%(chunk_ids)s);
