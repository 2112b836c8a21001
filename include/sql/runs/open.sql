-- Purpose: the run of an Airflow run, made if it is new; a failed one that starts again is running again.
-- Parameters: dataset, dag_id, dag_run_id, started_at, dry_run, profile, scope, lease (seconds).
insert into runs (dataset, dag_id, dag_run_id, started_at, dry_run, profile, scope, lease_until)
values (
    %(dataset)s, %(dag_id)s, %(dag_run_id)s, %(started_at)s, %(dry_run)s, %(profile)s, %(scope)s,
    clock_timestamp() + make_interval(secs => %(lease)s)
)
on conflict (dag_id, dag_run_id) do update
set status = 'running', finished_at = null, lease_until = excluded.lease_until
returning *;
