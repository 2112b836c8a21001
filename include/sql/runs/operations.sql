-- Purpose: the Spark operations of a run's published attempts, by stage.
-- Parameters: run_id.
select stage, operations
from attempts
where run_id = %(run_id)s and finished_at is not null and operations <> '{}'
order by finished_at;
