-- Purpose: record the Spark session of an attempt.
-- Parameters: run_id, stage, attempt, session.
update attempts set spark_session = %(session)s
where run_id = %(run_id)s and stage = %(stage)s and attempt = %(attempt)s;
