-- Purpose: a delivery was not accepted: it is due again after a while, or given up after so many tries.
-- Parameters: delivery_id, error, wait (seconds), most_tries.
update outbox
set tries = tries + 1,
    last_error = %(error)s,
    next_try_at = clock_timestamp() + make_interval(secs => %(wait)s),
    status = case when tries + 1 >= %(most_tries)s then 'dead' else 'pending' end
where delivery_id = %(delivery_id)s
returning status;
