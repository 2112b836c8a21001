-- Purpose: a delivery was not accepted: it is due again after a while, or given up after so many tries.
-- Parameters: incident_id, channel, error, wait (seconds), most_tries.
update outbox
set tries = tries + 1,
    last_error = %(error)s,
    next_try_at = clock_timestamp() + make_interval(secs => %(wait)s),
    status = case when tries + 1 >= %(most_tries)s then 'dead' else 'pending' end
where incident_id = %(incident_id)s and channel = %(channel)s
returning status;
