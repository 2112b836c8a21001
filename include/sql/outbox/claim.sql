-- Purpose: the delivery that has been due longest, locked until the transaction ends; others pass over it. Those to the
--          log come first and those to channels that failed just now last, so that a channel which times out holds up
--          itself alone. A resolution waits until its opening, or the digest that tells it, is off; `opening` is what
--          became of that.
-- Parameters: failed (text[], channels).
select
    o.delivery_id, o.incident_id, o.channel, o.event, o.idempotency_key, o.tries, o.queued_at,
    coalesce(digest.status, opening.status) as opening
from outbox o
left join outbox opening
    on o.event = 'resolved' and opening.incident_id = o.incident_id and opening.channel = o.channel
    and opening.event = 'opened'
left join outbox digest on digest.delivery_id = opening.digest_id
where o.status = 'pending' and o.next_try_at <= clock_timestamp()
  and coalesce(digest.status, opening.status) is distinct from 'pending'
order by o.channel <> 'log', o.channel = any(%(failed)s::text[]), o.next_try_at, o.delivery_id
limit 1
for update of o skip locked;
