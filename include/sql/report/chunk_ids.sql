-- Purpose: the ids of all chunks of a dataset, whatever became of them.
-- Parameters: dataset.
select chunk_id from chunks where dataset = %(dataset)s;
