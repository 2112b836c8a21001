-- Purpose: what a run has claimed and not landed yet.
-- Parameters: dataset, run_id.
select key, version from objects
where dataset = %(dataset)s and run_id = %(run_id)s and outcome = 'claimed';
