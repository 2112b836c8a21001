-- Purpose: what replays found, kept apart from what is in force (ADR 12).

create table replays (
    run_id     bigint      not null references runs,
    attempt    int         not null,
    figures    jsonb       not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (run_id, attempt)
);
comment on table replays is 'A row per attempt, as a lake path of its own; the one that counts is that of the published attempt';
