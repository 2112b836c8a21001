-- Purpose: Spark sessions of older, unpublished attempts of a stage.
-- Parameters: run_id, stage, attempt.
select spark_session from attempts
where run_id = %(run_id)s and stage = %(stage)s and attempt < %(attempt)s
  and finished_at is null and spark_session is not null;
