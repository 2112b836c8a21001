-- Purpose: end open incidents, and queue the word of it on every channel that their opening went to.
-- Parameters: fingerprint, below (also those whose fingerprint goes on after it with a colon), opened_before (NULL: any
--             time), resolution, run_id.
with resolved as (
    update incidents
    set resolved_at = clock_timestamp(), resolution = %(resolution)s, resolved_run = %(run_id)s
    where resolved_at is null
      and (fingerprint = %(fingerprint)s or %(below)s and starts_with(fingerprint, %(fingerprint)s::text || ':'))
      and (%(opened_before)s::timestamptz is null or opened_at < %(opened_before)s)
    returning incident_id
),
announced as (
    insert into outbox (incident_id, channel, event, idempotency_key)
    select incident_id, opening.channel, 'resolved', gen_random_uuid()
    from resolved
    join outbox opening using (incident_id)
    where opening.event = 'opened'
)
select incident_id from resolved order by incident_id;
