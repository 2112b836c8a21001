-- Purpose: seconds from the first landing of a chunk to the end of alert, of each dataset's newest run that brought chunks
--          there in the last week.
select d.dataset, newest.seconds
from dataset_clock d
cross join lateral (
    select extract(epoch from a.finished_at - c.landed_at)::float8 as seconds
    from runs r
    join attempts a on a.run_id = r.run_id and a.stage = 'alert' and a.finished_at is not null
    cross join lateral (
        select min(landed_at) as landed_at from chunks where chunks.run_id = r.run_id and chunks.status = 'aggregated'
    ) c
    where r.dataset = d.dataset and not r.dry_run and r.started_at > clock_timestamp() - interval '7 days'
      and c.landed_at is not null
    order by r.started_at desc
    limit 1
) newest;
