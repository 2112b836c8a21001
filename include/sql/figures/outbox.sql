-- Purpose: deliveries by channel and status, zeros included; and for how many seconds the oldest of each has been queued.
-- Parameters: statuses (array).
select
    known.channel,
    asked.status,
    count(o.delivery_id) as deliveries,
    coalesce(extract(epoch from clock_timestamp() - min(o.queued_at)), 0)::float8 as seconds
from (select distinct channel from outbox) known
cross join unnest(%(statuses)s::text[]) as asked (status)
left join outbox o on o.channel = known.channel and o.status = asked.status
group by known.channel, asked.status;
