-- Purpose: runs in progress, each with the attempt that it is at: the newest of a stage that has not published (none:
--          between two stages), and for how many seconds. Dry runs do not count.
-- Parameters: none.
select r.dataset, r.run_id, r.dag_id, r.dag_run_id, a.stage, a.attempt,
       extract(epoch from clock_timestamp() - coalesce(a.started_at, r.started_at))::float8 as seconds
from runs r
left join lateral (
    select newest.stage, newest.attempt, newest.started_at
    from attempts newest
    where newest.run_id = r.run_id
      and not exists (
          select from attempts done
          where done.run_id = newest.run_id and done.stage = newest.stage and done.finished_at is not null
      )
    order by newest.started_at desc
    limit 1
) a on true
where r.status = 'running' and not r.dry_run
order by r.dataset, r.run_id;
