-- Purpose: mark the run of an Airflow run as over; gives the run, if it was not over yet.
-- Parameters: dag_id, dag_run_id, status.
update runs
set status = %(status)s, finished_at = clock_timestamp()
where dag_id = %(dag_id)s and dag_run_id = %(dag_run_id)s and status = 'running'
returning *;
