-- Purpose: what chunks add to each event day, for baselines; incidents of the platform's own health, and silences.

create table chunk_days (
    dataset   text     not null,
    chunk_id  char(64) not null,
    event_day date     not null,
    rows      bigint   not null,
    mix       jsonb    not null,
    primary key (dataset, chunk_id, event_day),
    foreign key (dataset, chunk_id) references chunks
);
create index chunk_days_by_day on chunk_days (dataset, event_day);
comment on table chunk_days is 'Good rows of a checked chunk by event day; they count once their chunk is aggregated';
comment on column chunk_days.mix is 'Name of a mix -> value -> rows: {"category": {"es_food": 120}, "age.given": {"no": 3}, …}';

alter table incidents
    drop constraint incidents_kind_check,
    add constraint incidents_kind_check check (kind in (
        'detections', 'held', 'task_failed', 'refused_object',
        'stale', 'missing_run', 'hanging_run', 'anomaly', 'schema_drift'
    ));
create index incidents_of_kind on incidents (kind, dataset) where resolved_at is null;

create index runs_daily on runs (dataset, (scope ->> 'cut')) where scope ->> 'kind' = 'interval';

create table silences (
    silence_id bigint generated always as identity primary key,
    pattern    text        not null,
    matches    text        not null generated always as (
        replace(replace(replace(replace(pattern, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%')
    ) stored,
    reason     text        not null check (reason <> ''),
    silenced_by text       not null,
    starts_at  timestamptz not null default clock_timestamp(),
    ends_at    timestamptz not null,
    check (ends_at >= starts_at)
);
comment on table silences is 'Incidents whose fingerprint matches are recorded and not delivered while a silence lasts';
comment on column silences.pattern is 'A fingerprint, in which * stands for any text';
comment on column silences.matches is 'The same for LIKE';
