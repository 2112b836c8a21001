-- Purpose: deliveries of alerts that were accepted, and those still to be made.
select
    count(*) filter (where status = 'sent') as sent,
    count(*) filter (where status = 'pending') as pending
from outbox;
