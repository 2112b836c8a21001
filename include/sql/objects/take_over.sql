-- Purpose: move the claims of runs that are over to a run, the oldest first.
-- Parameters: dataset, run_id, most (how many).
update objects
set run_id = %(run_id)s
where dataset = %(dataset)s and outcome = 'claimed' and (key, version) in (
    select o.key, o.version
    from objects o
    join runs r on r.run_id = o.run_id
    where o.dataset = %(dataset)s and o.outcome = 'claimed' and o.run_id <> %(run_id)s
      and (r.status <> 'running' or r.lease_until < clock_timestamp())
    order by o.claimed_at, o.key
    limit %(most)s
);
