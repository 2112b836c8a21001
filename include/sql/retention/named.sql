-- Purpose: every path in the lake that the ledger names and has not taken away.
with named as (
    select 'chunks/' || dataset || '/' || left(chunk_id, 2) || '/' || chunk_id as path from chunks
    union
    select events_path from chunks
    union
    select quarantine_path from chunks
    union
    select figures ->> 'events_path' from attempts a join runs r using (run_id)
    where stage = 'check' and a.finished_at is not null and not dry_run
    union
    select figures ->> 'quarantine_path' from attempts a join runs r using (run_id)
    where stage = 'check' and a.finished_at is not null and not dry_run
    union
    select path from deltas
    union
    select path from checkpoints
    union
    select path from evaluations
    union
    select path from reference_versions
)
select path from named
where path is not null and not exists (select from removals x where x.store = 'lake' and x.path = named.path)
order by path;
