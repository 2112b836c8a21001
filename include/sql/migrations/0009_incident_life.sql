-- Purpose: incidents that end, and may begin anew; deliveries of openings, resolutions and digests to more channels (ADR 9).

alter table incidents
    drop constraint incidents_fingerprint_key,
    add column resolved_at timestamptz,
    add column resolution jsonb,
    add column resolved_run bigint references runs,
    add check ((resolved_at is null) = (resolution is null));
create unique index incidents_open on incidents (fingerprint) where resolved_at is null;
comment on column incidents.resolution is 'Why it is over, for people: JSON as the body';
comment on column incidents.resolved_run is 'The run that ended it; NULL if no run did';

alter table outbox
    drop constraint outbox_pkey,
    drop constraint outbox_channel_check,
    drop constraint outbox_status_check,
    alter column incident_id drop not null,
    add column delivery_id bigint generated always as identity primary key,
    add column event text not null default 'opened' check (event in ('opened', 'resolved', 'digest')),
    add column queued_at timestamptz not null default clock_timestamp(),
    add column digest_id bigint references outbox,
    add check (channel in ('log', 'slack', 'pagerduty', 'email', 'webhook')),
    add check (status in ('pending', 'sent', 'dead', 'overflow', 'digested')),
    add check ((event = 'digest') = (incident_id is null)),
    add check ((status = 'digested') = (digest_id is not null)),
    add unique (incident_id, channel, event);
comment on column outbox.status is
    'pending: to be sent; overflow: beyond the day''s budget, waits for a digest; digested: told by the digest digest_id';
comment on column outbox.next_try_at is 'When it is tried next; of an overflow, when its digest is due';

update outbox set queued_at = incidents.opened_at from incidents where incidents.incident_id = outbox.incident_id;

drop index outbox_pending;
create index outbox_waiting on outbox (next_try_at) where status in ('pending', 'overflow');
create index outbox_sent on outbox (channel, sent_at) where status = 'sent';
create index outbox_digested on outbox (digest_id) where digest_id is not null;
