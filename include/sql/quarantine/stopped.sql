-- Purpose: chunks that are held or unreadable, the oldest first, and whether their run is over, so that they can be driven
--          through again.
-- Parameters: dataset, chunk (the first digits of an id; empty: all).
select
    c.chunk_id, c.first_key, c.status, c.reason, c.rows_held as held,
    r.status <> 'running' or r.lease_until < clock_timestamp() as over
from chunks c
join runs r using (run_id)
where c.dataset = %(dataset)s and c.status in ('held', 'unreadable')
  and starts_with(c.chunk_id::text, %(chunk)s)
order by c.landed_at, c.chunk_id;
