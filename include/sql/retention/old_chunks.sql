-- Purpose: the bytes of chunks that are in the state for long; the others' are wanted to check them again.
-- Parameters: days.
select 'chunks/' || c.dataset || '/' || left(c.chunk_id, 2) || '/' || c.chunk_id as path
from chunks c
where c.status = 'aggregated' and c.aggregated_at < clock_timestamp() - %(days)s * interval '1 day'
  and not exists (
      select from removals r
      where r.store = 'lake'
        and r.path = 'chunks/' || c.dataset || '/' || left(c.chunk_id, 2) || '/' || c.chunk_id
  )
order by path;
