-- Purpose: seconds of the newest published attempt of each stage, by dataset, in the last week.
-- Parameters: stages (array).
select d.dataset, asked.stage, newest.seconds
from dataset_clock d
cross join unnest(%(stages)s::text[]) as asked (stage)
cross join lateral (
    select extract(epoch from a.finished_at - a.started_at)::float8 as seconds
    from runs r
    join attempts a on a.run_id = r.run_id and a.stage = asked.stage and a.finished_at is not null
    where r.dataset = d.dataset and not r.dry_run and r.started_at > clock_timestamp() - interval '7 days'
    order by r.started_at desc
    limit 1
) newest;
