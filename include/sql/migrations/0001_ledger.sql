-- Purpose: runs, their attempts, the objects seen, the chunks and their fate.

create table dataset_clock (
    dataset text primary key,
    seq     bigint not null default 0
);
comment on table dataset_clock is 'The last sequence number published per dataset; its row lock makes publishing serial (ADR 1)';

create table runs (
    run_id        bigint generated always as identity primary key,
    dataset       text        not null,
    dag_id        text        not null,
    dag_run_id    text        not null,
    started_at    timestamptz not null,
    dry_run       boolean     not null,
    profile       text        not null,
    scope         jsonb       not null,
    through_seq   bigint,
    cut           date,
    reference     jsonb       not null default '{}',
    status        text        not null default 'running' check (status in ('running', 'succeeded', 'failed')),
    lease_until   timestamptz not null,
    finished_at   timestamptz,
    unique (dag_id, dag_run_id),
    unique (dataset, started_at)
);
comment on column runs.profile is 'Profile label; overridden parameters add ~ and eight digits of their hash';
comment on column runs.scope is 'Typed scope as fixed by the first task: bounds, profile, parameters of every rule';
comment on column runs.reference is 'Reference dataset -> version id, pinned at first use';

create table attempts (
    run_id        bigint      not null references runs,
    stage         text        not null check (stage in ('land', 'check', 'aggregate', 'detect', 'load', 'alert')),
    attempt       int         not null,
    spark_session uuid,
    operations    text[]      not null default '{}',
    output        text,
    figures       jsonb       not null default '{}',
    started_at    timestamptz not null default clock_timestamp(),
    finished_at   timestamptz,
    primary key (run_id, stage, attempt)
);
create unique index attempts_published on attempts (run_id, stage) where finished_at is not null;

create table chunks (
    dataset          text        not null,
    chunk_id         char(64)    not null,
    bytes            bigint      not null,
    first_key        text        not null,
    deliveries       int         not null default 1,
    status           text        not null check (status in ('landed', 'checked', 'held', 'unreadable', 'aggregated')),
    reason           text,
    run_id           bigint      not null references runs,
    tries            int         not null default 1,
    rows_in          bigint,
    rows_loaded      bigint,
    rows_quarantined bigint,
    rows_duplicate   bigint,
    rows_held        bigint,
    first_day        date,
    last_day         date,
    events_path      text,
    quarantine_path  text,
    seq              bigint,
    landed_at        timestamptz not null default clock_timestamp(),
    checked_at       timestamptz,
    aggregated_at    timestamptz,
    primary key (dataset, chunk_id),
    check (rows_in is null or rows_in = rows_loaded + rows_quarantined + rows_duplicate + rows_held),
    check ((status in ('checked', 'aggregated')) <= (rows_in is not null)),
    check ((status = 'aggregated') = (seq is not null))
);
create index chunks_by_status on chunks (dataset, status) where status in ('landed', 'checked');
create index chunks_by_run on chunks (run_id);
comment on column chunks.chunk_id is 'SHA-256 of the bytes, hex';
comment on column chunks.tries is 'Runs that owned this chunk so far';
comment on column chunks.reason is 'Why held or unreadable';

create table objects (
    dataset       text        not null,
    key           text        not null,
    version       text        not null,
    bytes         bigint      not null,
    outcome       text        not null check (outcome in ('claimed', 'landed', 'duplicate', 'empty', 'too_large')),
    replaces      boolean     not null default false,
    run_id        bigint      not null references runs,
    chunk_id      char(64),
    claimed_at    timestamptz not null default clock_timestamp(),
    settled_at    timestamptz,
    primary key (dataset, key, version)
);
create index objects_claimed on objects (dataset, run_id) where outcome = 'claimed';
comment on column objects.version is 'etag, size and last-modified of the listing: a changed object is a new version';
comment on column objects.replaces is 'True if the key had been seen before with other bytes';
