-- Purpose: the run of an Airflow run and generation, made if it is new; a failed one that starts again is running again. What
--          earlier generations had not finished is over.
-- Parameters: dataset, dag_id, dag_run_id, generation, started_at, dry_run, profile, scope, lease (seconds).
with earlier as (
    update runs
    set status = 'failed', finished_at = clock_timestamp()
    where dag_id = %(dag_id)s and dag_run_id = %(dag_run_id)s and generation < %(generation)s and status = 'running'
)
insert into runs (
    dataset, dag_id, dag_run_id, generation, started_at, dry_run, profile, scope, lease_until
)
values (
    %(dataset)s, %(dag_id)s, %(dag_run_id)s, %(generation)s, %(started_at)s, %(dry_run)s, %(profile)s, %(scope)s,
    clock_timestamp() + make_interval(secs => %(lease)s)
)
on conflict (dag_id, dag_run_id, generation) do update
set status = 'running', finished_at = null, lease_until = excluded.lease_until
returning *;
