-- Purpose: make everything that starts or publishes an attempt of this run wait for this transaction. What only refers to the
--          run, as another run's detections may, does not wait: it could be what this one waits for.
-- Parameters: run_id.
select run_id from runs where run_id = %(run_id)s for no key update;
