-- Purpose: open the next attempt of a stage and extend the run's lease. A run that was over works again: one of its
--          tasks was cleared, and its chunks are its own meanwhile. The caller holds the run's lock.
-- Parameters: run_id, stage, lease (seconds).
with run as (
    update runs
    set status = 'running', finished_at = null, lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
    where run_id = %(run_id)s
)
insert into attempts (run_id, stage, attempt)
select %(run_id)s, %(stage)s, 1 + coalesce(max(attempt), 0)
from attempts
where run_id = %(run_id)s and stage = %(stage)s
returning attempt;
