-- Purpose: a delivery was accepted.
-- Parameters: delivery_id.
update outbox
set status = 'sent', tries = tries + 1, last_error = null, sent_at = clock_timestamp()
where delivery_id = %(delivery_id)s;
