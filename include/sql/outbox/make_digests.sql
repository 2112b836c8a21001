-- Purpose: a digest for each channel that held something back until now; what it tells is fixed with it, so that each is
--          told once. It goes before what is newer. Rivals wait for the locks and find nothing left.
-- Parameters: none.
with held as (
    select delivery_id, channel, next_try_at
    from outbox
    where status = 'overflow' and next_try_at <= clock_timestamp()
    for update
),
digests as (
    insert into outbox (channel, event, idempotency_key, next_try_at)
    select channel, 'digest', gen_random_uuid(), min(next_try_at) from held group by channel
    returning delivery_id, channel
)
update outbox
set status = 'digested', digest_id = digests.delivery_id
from held join digests using (channel)
where outbox.delivery_id = held.delivery_id;
