-- Purpose: deliveries of alerts by what became of them, the age of the oldest still to be made, and open incidents.
select
    count(*) filter (where status = 'sent') as sent,
    count(*) filter (where status = 'pending') as pending,
    count(*) filter (where status = 'overflow') as overflow,
    count(*) filter (where status = 'dead') as dead,
    coalesce(extract(epoch from clock_timestamp() - min(queued_at) filter (where status = 'pending')), 0)::float8
        as oldest_seconds,
    (select count(*) from incidents where resolved_at is null) as open
from outbox;
