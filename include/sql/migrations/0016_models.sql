-- Purpose: fitted versions of models, and the attempts that fit them (ADR 16).

alter table attempts drop constraint attempts_stage_check;
alter table attempts add constraint attempts_stage_check
    check (stage in ('land', 'check', 'aggregate', 'detect', 'load', 'alert', 'train'));

create table model_versions (
    model         text     not null,
    version_id    char(64) not null,
    model_version int      not null,
    library       text     not null,
    seed          bigint   not null,
    first_day     date     not null,
    last_day      date     not null,
    review_by     date     not null check (review_by > last_day),
    figures       jsonb    not null,
    primary key (model, version_id),
    foreign key (model, version_id) references reference_versions (dataset, version_id)
);
comment on table model_versions is 'What is known of the versions of reference_versions that were fitted, not fed';
comment on column model_versions.review_by is 'From the cut after this day on rules do without it, until another is trained';
