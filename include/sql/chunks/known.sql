-- Purpose: which of these chunks the ledger has.
-- Parameters: dataset, chunk_ids (array).
select chunk_id from chunks
where dataset = %(dataset)s and chunk_id = any(%(chunk_ids)s::char(64)[]);
