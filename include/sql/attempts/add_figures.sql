-- Purpose: add to the figures of an attempt, and say when it is published: its transaction may have waited for another.
-- Parameters: run_id, stage, attempt, figures.
update attempts set figures = figures || %(figures)s, finished_at = clock_timestamp()
where run_id = %(run_id)s and stage = %(stage)s and attempt = %(attempt)s;
