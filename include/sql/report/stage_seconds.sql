-- Purpose: how long the published attempts of each stage took, over all runs of a dataset; stages in their order.
-- Parameters: dataset.
select
    a.stage,
    count(*) as runs,
    avg(extract(epoch from a.finished_at - a.started_at))::float8 as mean,
    max(extract(epoch from a.finished_at - a.started_at))::float8 as longest
from attempts a
join runs r using (run_id)
where a.finished_at is not null and r.dataset = %(dataset)s and not r.dry_run
group by a.stage
order by min(a.finished_at);
