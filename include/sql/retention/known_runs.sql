-- Purpose: which of these runs the ledger has.
-- Parameters: run_ids (array).
select run_id from runs where run_id = any(%(run_ids)s::bigint[]);
