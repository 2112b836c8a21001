-- Purpose: dirty cuts that the newest run that is over has left to the next one.
-- Parameters: dataset, profile.
select coalesce((a.figures ->> 'cuts_left')::int, 0) as cuts_left
from (
    select run_id, status from runs
    where dataset = %(dataset)s and profile = %(profile)s and not dry_run and status <> 'running'
      and scope ->> 'kind' in ('chunks', 'interval')
    order by run_id desc
    limit 1
) newest
join attempts a on a.run_id = newest.run_id and a.stage = 'detect' and a.finished_at is not null
where newest.status = 'succeeded';
