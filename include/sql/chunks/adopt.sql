-- Purpose: make a run the owner of chunks that adoptable.sql has locked.
-- Parameters: dataset, run_id, chunk_ids (array).
update chunks
set run_id = %(run_id)s, tries = tries + 1
where dataset = %(dataset)s and chunk_id = any(%(chunk_ids)s::char(64)[]) and status in ('landed', 'checked');
