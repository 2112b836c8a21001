-- Purpose: how many unfinished chunks, and objects claimed but not landed, belong to runs that are over.
-- Parameters: dataset.
with over as (
    select run_id from runs
    where dataset = %(dataset)s and (status <> 'running' or lease_until < clock_timestamp())
)
select
    (
        select count(*) from chunks
        where dataset = %(dataset)s and status in ('landed', 'checked') and run_id in (select run_id from over)
    ) + (
        select count(*) from objects
        where dataset = %(dataset)s and outcome = 'claimed' and run_id in (select run_id from over)
    ) as leftovers;
