-- Purpose: the run of an Airflow run, its newest generation.
-- Parameters: dag_id, dag_run_id.
select * from runs
where dag_id = %(dag_id)s and dag_run_id = %(dag_run_id)s
order by generation desc
limit 1;
