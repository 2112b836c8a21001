-- Purpose: whether a delivery is due that nobody is sending at this moment.
-- Parameters: none.
select incident_id
from outbox
where status = 'pending' and next_try_at <= clock_timestamp()
limit 1
for update skip locked;
