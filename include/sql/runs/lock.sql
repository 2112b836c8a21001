-- Purpose: make everything that starts or publishes an attempt of this run wait for this transaction.
-- Parameters: run_id.
select run_id from runs where run_id = %(run_id)s for update;
