-- Purpose: claims that runs which are over left, the oldest first.
-- Parameters: dataset, run_id (the asking run, whose own claims are left out).
select o.key, o.version
from objects o
join runs r on r.run_id = o.run_id
where o.dataset = %(dataset)s and o.outcome = 'claimed' and o.run_id <> %(run_id)s
  and (r.status <> 'running' or r.lease_until < clock_timestamp())
order by o.claimed_at, o.key;
