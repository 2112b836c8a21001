-- Purpose: runs of a dataset that should be at work and have been silent for longer than their lease. Dry runs do not
--          count.
-- Parameters: dataset, now.
select run_id, dag_id, dag_run_id, started_at, lease_until from runs
where dataset = %(dataset)s and status = 'running' and not dry_run and lease_until < %(now)s
order by run_id;
