-- Purpose: the one processing time of a load.
select clock_timestamp() as recorded_at;
