-- Purpose: publish an attempt, if it is the newest of its stage and none was published.
-- Parameters: run_id, stage, attempt, figures, output, operations.
update attempts a
set finished_at = clock_timestamp(), figures = %(figures)s, output = %(output)s, operations = %(operations)s
where a.run_id = %(run_id)s and a.stage = %(stage)s and a.attempt = %(attempt)s and a.finished_at is null
  and not exists (
      select from attempts newer
      where newer.run_id = a.run_id and newer.stage = a.stage
        and (newer.attempt > a.attempt or newer.finished_at is not null)
  );
