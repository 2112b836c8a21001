-- Purpose: how many unfinished chunks, and objects claimed but not landed, belong to runs that are over.
-- Parameters: dataset.
select
    (
        select count(*) from chunks c
        where c.dataset = %(dataset)s and c.status in ('landed', 'checked') and exists (
            select from runs r
            where r.run_id = c.run_id and (r.status <> 'running' or r.lease_until < clock_timestamp())
        )
    ) + (
        select count(*) from objects o
        where o.dataset = %(dataset)s and o.outcome = 'claimed' and exists (
            select from runs r
            where r.run_id = o.run_id and (r.status <> 'running' or r.lease_until < clock_timestamp())
        )
    ) as leftovers;
