-- Purpose: a delivery was accepted.
-- Parameters: incident_id, channel.
update outbox
set status = 'sent', tries = tries + 1, last_error = null, sent_at = clock_timestamp()
where incident_id = %(incident_id)s and channel = %(channel)s;
