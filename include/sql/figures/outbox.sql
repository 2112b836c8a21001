-- Purpose: deliveries by channel and status, zeros included; and for how many seconds the oldest of each has waited since
--          its incident.
-- Parameters: statuses (array).
select
    known.channel,
    asked.status,
    count(o.idempotency_key) as deliveries,
    coalesce(extract(epoch from clock_timestamp() - min(i.opened_at)), 0)::float8 as seconds
from (select distinct channel from outbox) known
cross join unnest(%(statuses)s::text[]) as asked (status)
left join outbox o on o.channel = known.channel and o.status = asked.status
left join incidents i using (incident_id)
group by known.channel, asked.status;
