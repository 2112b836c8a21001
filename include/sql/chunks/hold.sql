-- Purpose: hold chunks on which too many runs failed; rows that would have been loaded are held with them.
-- Parameters: dataset, chunk_ids (array), reason.
update chunks
set status = 'held',
    reason = %(reason)s,
    rows_held = rows_held + rows_loaded,
    rows_loaded = case when rows_loaded is not null then 0 end
where dataset = %(dataset)s and chunk_id = any(%(chunk_ids)s::char(64)[]) and status in ('landed', 'checked');
