-- Purpose: publish an attempt, if it is the newest of its stage and none was published; its run's row gets its Spark
--          operations too. Changes no row if the attempt may not be published.
-- Parameters: run_id, stage, attempt, figures, output, operations.
with published as (
    update attempts a
    set finished_at = clock_timestamp(), figures = %(figures)s, output = %(output)s, operations = %(operations)s
    where a.run_id = %(run_id)s and a.stage = %(stage)s and a.attempt = %(attempt)s and a.finished_at is null
      and a.collected_at is null
      and not exists (
          select from attempts newer
          where newer.run_id = a.run_id and newer.stage = a.stage
            and (newer.attempt > a.attempt or newer.finished_at is not null)
      )
    returning a.run_id, a.operations
)
update runs r
set spark_operations = r.spark_operations || published.operations
from published
where r.run_id = published.run_id;
