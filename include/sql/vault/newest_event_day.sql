-- Purpose: the newest event day that was checked in these datasets: its events have their pseudonyms.
-- Parameters: datasets (array).
select max(last_day) as newest from chunks where dataset = any(%(datasets)s::text[]);
