-- Purpose: whether an incident says that this run, or a task of it, failed. Incidents that the run opened about others'
--          chunks have other fingerprints.
-- Parameters: run_id, subject (dataset and DAG, with a colon between).
select exists (
    select from incidents
    where run_id = %(run_id)s and kind in ('task_failed', 'held')
      and starts_with(fingerprint, kind || ':' || %(subject)s::text || ':')
) as told;
