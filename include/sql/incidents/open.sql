-- Purpose: a new incident with one pending delivery per channel; a fingerprint that is open only counts the repeat. One
--          that is silenced is recorded without deliveries; the first repeat after the silence makes them.
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
    where not exists (
        select from silences s where s.ends_at > clock_timestamp() and %(fingerprint)s like s.matches
    )
    and (
        incident.repeats = 0
        or not exists (select from outbox told where told.incident_id = incident.incident_id)
    )
    -- A repeat that had to wait for the first report does not see its deliveries yet.
    on conflict (incident_id, channel, event) do nothing
)
select incident_id, repeats from incident;
