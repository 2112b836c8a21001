-- Purpose: one run.
-- Parameters: run_id.
select * from runs where run_id = %(run_id)s;
