-- Purpose: deltas, checkpoints, reference versions and evaluations (ADR 1).

create table deltas (
    dataset   text   not null,
    aggregate text   not null,
    version   int    not null,
    seq       bigint not null,
    path      text   not null,
    rows      bigint not null,
    first_day date   not null,
    last_day  date   not null,
    run_id    bigint not null references runs,
    primary key (dataset, aggregate, version, seq)
);

create table checkpoints (
    dataset     text   not null,
    aggregate   text   not null,
    version     int    not null,
    cut         date   not null,
    through_seq bigint not null,
    path        text   not null,
    rows        bigint not null,
    run_id      bigint not null references runs,
    created_at  timestamptz not null default clock_timestamp(),
    primary key (dataset, aggregate, version, cut, through_seq)
);

create table reference_versions (
    dataset      text     not null,
    version_id   char(64) not null,
    number       int      not null,
    path         text     not null,
    rows         bigint   not null,
    run_id       bigint   not null references runs,
    published_at timestamptz not null default clock_timestamp(),
    primary key (dataset, version_id),
    unique (dataset, number)
);
comment on column reference_versions.version_id is 'The chunk id of the file that it was published from';

create table evaluations (
    evaluation_id bigint generated always as identity primary key,
    dataset       text     not null,
    rule          text     not null,
    rule_version  int      not null,
    profile       text     not null,
    parameters    jsonb    not null,
    cut           date     not null,
    through_seq   bigint   not null,
    reference     text     not null default '',
    digest        char(64) not null,
    holds         bigint   not null,
    path          text     not null,
    run_id        bigint   not null references runs,
    superseded    boolean,
    published_at  timestamptz not null default clock_timestamp(),
    unique (run_id, rule)
);
create index evaluations_at_cut on evaluations (dataset, cut, profile, rule, through_seq);
comment on column evaluations.superseded is 'NULL until loaded; true if an evaluation of a later cut or knowledge was loaded before it';
