-- Purpose: every chunk of these datasets that has bytes, and which of its paths are not taken away.
-- Parameters: datasets (array).
select
    c.dataset, c.chunk_id, c.first_key, c.status, b.bytes_path,
    c.events_path, c.quarantine_path,
    array(select r.path from removals r
          where r.store = 'lake' and r.path in (b.bytes_path, c.events_path, c.quarantine_path)) as gone
from chunks c
cross join lateral (
    select 'chunks/' || c.dataset || '/' || left(c.chunk_id, 2) || '/' || c.chunk_id as bytes_path
) b
where c.dataset = any(%(datasets)s::text[])
order by c.landed_at, c.chunk_id;
