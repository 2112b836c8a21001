-- Purpose: the delivery that has been due longest, locked until the transaction ends; others pass over it. Those to
--          the log come first, so that a webhook which times out does not hold them up.
-- Parameters: none.
select
    outbox.incident_id, outbox.channel, outbox.idempotency_key, outbox.tries,
    incidents.fingerprint, incidents.kind, incidents.dataset, incidents.severity, incidents.title, incidents.body,
    incidents.run_id, incidents.opened_at
from outbox
join incidents using (incident_id)
where outbox.status = 'pending' and outbox.next_try_at <= clock_timestamp()
order by outbox.channel <> 'log', outbox.next_try_at, outbox.incident_id
limit 1
for update of outbox skip locked;
