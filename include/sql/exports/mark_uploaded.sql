-- Purpose: note that a file is at its place.
-- Parameters: run_id, number.
update exports set uploaded_at = clock_timestamp()
where run_id = %(run_id)s and number = %(number)s and uploaded_at is null;
