-- Purpose: incidents and the outbox from which they are delivered.

create table incidents (
    incident_id bigint generated always as identity primary key,
    fingerprint text        not null unique,
    kind        text        not null check (kind in ('detections', 'held', 'task_failed', 'refused_object')),
    dataset     text        not null,
    severity    text        not null check (severity in ('info', 'warning', 'critical')),
    title       text        not null,
    body        jsonb       not null,
    run_id      bigint      references runs,
    repeats     int         not null default 0,
    opened_at   timestamptz not null default clock_timestamp(),
    last_at     timestamptz not null default clock_timestamp()
);

create table outbox (
    incident_id     bigint      not null references incidents,
    channel         text        not null check (channel in ('log', 'webhook')),
    idempotency_key uuid        not null unique,
    status          text        not null default 'pending' check (status in ('pending', 'sent', 'dead')),
    tries           int         not null default 0,
    next_try_at     timestamptz not null default clock_timestamp(),
    last_error      text,
    sent_at         timestamptz,
    primary key (incident_id, channel)
);
create index outbox_pending on outbox (next_try_at) where status = 'pending';
