-- Purpose: add to the figures of an attempt.
-- Parameters: run_id, stage, attempt, figures.
update attempts set figures = figures || %(figures)s
where run_id = %(run_id)s and stage = %(stage)s and attempt = %(attempt)s;
