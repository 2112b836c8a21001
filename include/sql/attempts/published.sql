-- Purpose: the figures of a stage's published attempt.
-- Parameters: run_id, stage.
select figures from attempts
where run_id = %(run_id)s and stage = %(stage)s and finished_at is not null;
