-- Purpose: make everything that starts or publishes an attempt of these runs wait for this transaction.
-- Parameters: run_ids (array).
select run_id from runs where run_id = any(%(run_ids)s::bigint[]) order by run_id for update;
