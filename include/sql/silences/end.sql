-- Purpose: end a silence that lasts.
-- Parameters: silence_id.
update silences set ends_at = clock_timestamp()
where silence_id = %(silence_id)s and ends_at > clock_timestamp()
returning silence_id;
