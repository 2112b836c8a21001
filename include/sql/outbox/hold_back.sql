-- Purpose: a delivery is beyond its channel's budget: it waits for the digest of the next UTC day.
-- Parameters: delivery_id.
update outbox
set status = 'overflow', next_try_at = date_trunc('day', clock_timestamp(), 'UTC') + interval '1 day'
where delivery_id = %(delivery_id)s;
