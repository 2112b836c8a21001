-- Purpose: keep the profiles of chunks by event day.
-- Parameters: dataset, days (JSON array of objects with the columns below).
insert into chunk_days (dataset, chunk_id, event_day, rows, mix)
select %(dataset)s, chunk_id, event_day, rows, mix
from jsonb_to_recordset(%(days)s) as d (chunk_id char(64), event_day date, rows bigint, mix jsonb);
