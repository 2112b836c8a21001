-- Purpose: files that were allotted and are not known to be uploaded, of all runs.
select run_id, number, key from exports where uploaded_at is null order by run_id, number;
