-- Purpose: let held and unreadable chunks be taken again, as if they had just landed; their owning run must be over,
--          and their bytes not be taken away.
-- Parameters: dataset, chunk_id (the id or the first digits of it; empty: all).
update chunks c
set status = 'landed',
    reason = null,
    tries = 0,
    rows_in = null,
    rows_loaded = null,
    rows_quarantined = null,
    rows_duplicate = null,
    rows_held = null,
    first_day = null,
    last_day = null,
    events_path = null,
    quarantine_path = null,
    reasons = null,
    checked_at = null
from runs r
where c.dataset = %(dataset)s and c.status in ('held', 'unreadable')
  and starts_with(c.chunk_id::text, %(chunk_id)s)
  and not exists (
      select from removals x
      where x.store = 'lake'
        and x.path = 'chunks/' || c.dataset || '/' || left(c.chunk_id, 2) || '/' || c.chunk_id
  )
  and r.run_id = c.run_id and (r.status <> 'running' or r.lease_until < clock_timestamp())
returning c.chunk_id;
