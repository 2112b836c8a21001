-- Purpose: what retention took away of what the ledger names, and which attempts' outputs were collected.

create table removals (
    store      text        not null check (store in ('lake', 'bucket')),
    path       text        not null,
    setting    text        not null,
    marked_at  timestamptz not null default clock_timestamp(),
    removed_at timestamptz,
    files      bigint,
    bytes      bigint,
    primary key (store, path)
);
create index removals_due on removals (marked_at) where removed_at is null;
comment on table removals is 'Whatever is marked here is gone for every reader; its files are deleted a lease later (ADR 11)';
comment on column removals.path is 'A path in the lake, or a key of the bucket';
comment on column removals.setting is 'The environment variable by whose days it went';

alter table attempts add column collected_at timestamptz;
comment on column attempts.collected_at is 'Its outputs were collected: it may not publish any more';
