-- Purpose: let one migration run at a time (until its transaction ends) and make sure of the table that records them.
select pg_advisory_xact_lock(hashtextextended('vigil.migrations', 0));
create table if not exists migrations (
    name       text        primary key,
    checksum   char(64)    not null,
    applied_at timestamptz not null default clock_timestamp()
);
