-- Purpose: how far a dataset has come, in times: when its first run began, and its first daily one, its newest chunk
--          landed, its newest batch was aggregated and its newest evaluation loaded. Dry runs do not count.
-- Parameters: dataset.
select
    (select min(started_at) from runs where dataset = %(dataset)s and not dry_run) as began_at,
    (
        select min(started_at) from runs
        where dataset = %(dataset)s and scope ->> 'kind' = 'interval' and not dry_run and strpos(profile, '~') = 0
    ) as daily_since,
    (select max(landed_at) from chunks where dataset = %(dataset)s) as landed_at,
    (select max(aggregated_at) from chunks where dataset = %(dataset)s) as aggregated_at,
    (
        select max(a.finished_at) from attempts a join runs r using (run_id)
        where r.dataset = %(dataset)s and not r.dry_run and a.stage = 'load'
    ) as evaluated_at;
