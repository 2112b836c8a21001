-- Purpose: whether something that was held back is to be told in a digest now.
-- Parameters: none.
select from outbox where status = 'overflow' and next_try_at <= clock_timestamp() limit 1;
