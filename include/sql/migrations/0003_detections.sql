-- Purpose: detections as episodes, their history, and the files they were exported in.

create table detections (
    detection_id  bigint generated always as identity primary key,
    dataset       text        not null,
    rule          text        not null,
    profile       text        not null,
    entity        jsonb       not null,
    opened_cut    date        not null,
    last_cut      date        not null,
    closed_cut    date,
    close_reason  text check (close_reason in ('ended', 'retracted')),
    rule_version  int         not null,
    parameters    jsonb       not null,
    reference     text        not null,
    evidence      jsonb       not null,
    first_day     date        not null,
    last_day      date        not null,
    through_seq   bigint      not null,
    opened_run    bigint      not null references runs,
    last_run      bigint      not null references runs,
    closed_run    bigint      references runs,
    recorded_at   timestamptz not null,
    closed_at     timestamptz,
    check ((closed_at is null) = (close_reason is null) and (closed_at is null) = (closed_cut is null))
);
create unique index detections_open on detections
    (dataset, rule, profile, entity) where closed_at is null;
create index detections_by_run on detections (opened_run);
comment on column detections.entity is 'What the verdict is about: {"customer": …, "merchant": …}, {"merchant": …}, …';
comment on column detections.evidence is 'The values that met the rule''s parameters, as its find() gave them';
comment on column detections.first_day is 'First and last event day that the values rest on';

create table detection_history (
    detection_id bigint      not null references detections,
    run_id       bigint      not null references runs,
    change       text        not null check (change in ('opened', 'ended', 'retracted', 'reopened')),
    cut          date        not null,
    through_seq  bigint      not null,
    recorded_at  timestamptz not null,
    primary key (detection_id, run_id)
);

create table exports (
    run_id   bigint not null references runs,
    number   int    not null,
    key      text   not null unique,
    rows     int    not null,
    uploaded_at timestamptz,
    primary key (run_id, number)
);
alter table detections add column export_number int;
comment on column detections.export_number is 'Number of the file of its opening run in which it was exported';
