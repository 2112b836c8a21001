-- Purpose: the runs of a DAG that the ledger takes for running.
-- Parameters: dag_id.
select * from runs where dag_id = %(dag_id)s and status = 'running';
