-- Purpose: let dead letters be tried anew, as if they had just been written.
-- Parameters: channel (empty: of all channels).
update outbox
set status = 'pending', tries = 0, next_try_at = clock_timestamp()
where status = 'dead' and %(channel)s::text in ('', channel)
returning channel;
