-- Purpose: the runs of a dataset that the ledger takes for running.
-- Parameters: dataset.
select * from runs where dataset = %(dataset)s and status = 'running';
