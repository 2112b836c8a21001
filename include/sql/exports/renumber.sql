-- Purpose: give another number to a file that is not uploaded yet, and to its rows; gives the file, if there is one.
-- Parameters: run_id, number, new_number, folder (with its slash).
with moved as (
    update exports
    set number = %(new_number)s, key = %(folder)s || 'detection_' || %(new_number)s::int || '.csv'
    where run_id = %(run_id)s and number = %(number)s and uploaded_at is null
    returning run_id, number, key
), rows as (
    update detections d
    set export_number = moved.number
    from moved
    where d.opened_run = moved.run_id and d.export_number = %(number)s
)
select run_id, number, key from moved;
