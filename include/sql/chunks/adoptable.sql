-- Purpose: unfinished chunks whose run is over, locked (in the one order in which chunks are locked everywhere).
-- Parameters: dataset, run_id (the adopting run, whose own chunks are left out).
select
    c.dataset, c.chunk_id, c.bytes, c.first_key, c.deliveries, c.status, c.reason, c.run_id, c.tries,
    c.rows_in, c.rows_loaded, c.rows_quarantined, c.rows_duplicate, c.rows_held,
    c.first_day, c.last_day, c.events_path, c.quarantine_path, c.seq, c.landed_at
from chunks c
join runs r on r.run_id = c.run_id
where c.dataset = %(dataset)s and c.status in ('landed', 'checked') and c.run_id <> %(run_id)s
  and (r.status <> 'running' or r.lease_until < clock_timestamp())
order by c.chunk_id
for update of c;
