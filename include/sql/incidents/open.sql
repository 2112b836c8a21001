-- Purpose: a new incident with one pending delivery per channel; a fingerprint that is open only counts the repeat.
-- Parameters: fingerprint, kind, dataset, severity, title, body, run_id, channels (text[]).
with incident as (
    insert into incidents (fingerprint, kind, dataset, severity, title, body, run_id)
    values (%(fingerprint)s, %(kind)s, %(dataset)s, %(severity)s, %(title)s, %(body)s, %(run_id)s)
    on conflict (fingerprint) where resolved_at is null do update
    set repeats = incidents.repeats + 1, last_at = clock_timestamp()
    returning incident_id, repeats
),
deliveries as (
    insert into outbox (incident_id, channel, event, idempotency_key)
    select incident.incident_id, channel, 'opened', gen_random_uuid()
    from incident, unnest(%(channels)s::text[]) as channel
    where incident.repeats = 0
)
select incident_id, repeats from incident;
