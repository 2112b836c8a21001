-- Purpose: a stage of a dry run, done and collected: what comes after it would find nothing to work on.
-- Parameters: run_id.
select a.stage, a.collected_at
from attempts a
join runs r on r.run_id = a.run_id and r.dry_run
where a.run_id = %(run_id)s and a.finished_at is not null and a.collected_at is not null
order by a.collected_at
limit 1;
