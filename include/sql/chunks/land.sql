-- Purpose: record landed chunks; gives the ids of those that are new, the others have been delivered before.
-- Parameters: dataset, run_id, chunks (JSON array of chunk_id, bytes, first_key, position).
insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, landed_at)
select
    %(dataset)s, c.chunk_id, c.bytes, c.first_key, 'landed', %(run_id)s,
    -- Microseconds apart, so that landed_at keeps the order in which the objects were claimed.
    transaction_timestamp() + c.position * interval '1 microsecond'
from jsonb_to_recordset(%(chunks)s) as c (chunk_id char(64), bytes bigint, first_key text, position int)
order by c.chunk_id
on conflict (dataset, chunk_id) do nothing
returning chunk_id;
