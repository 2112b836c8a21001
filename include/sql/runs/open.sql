-- Purpose: the run of an Airflow run and generation, made if it is new; a failed one that starts again is running again. What
--          earlier generations had not finished is over. Airflow clears a run that is at work without giving it a new start;
--          this generation then starts now, since a start names a run's exports.
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
    %(dataset)s, %(dag_id)s, %(dag_run_id)s, %(generation)s,
    case when exists (
        select from runs
        where dag_id = %(dag_id)s and dag_run_id = %(dag_run_id)s and generation < %(generation)s
          and started_at >= %(started_at)s
    ) then clock_timestamp() else %(started_at)s end,
    %(dry_run)s, %(profile)s, %(scope)s,
    clock_timestamp() + make_interval(secs => %(lease)s)
)
on conflict (dag_id, dag_run_id, generation) do update
set status = 'running', finished_at = null, lease_until = excluded.lease_until
returning *;
