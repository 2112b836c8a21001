-- Purpose: this transaction's own tables: what holds at a cut and at the one before it, the episodes beside the cut, and
--          how every episode stood before the first fold.
create temporary table if not exists holding (
    entity    jsonb not null primary key,
    evidence  jsonb not null,
    first_day date  not null,
    last_day  date  not null
) on commit drop;
create temporary table if not exists holding_before (like holding including all) on commit drop;
create temporary table if not exists beside (like detections, place text not null, action text) on commit drop;
create temporary table if not exists as_it_was (
    detection_id bigint primary key,
    opened_cut   date,
    closed_cut   date,
    close_reason text
) on commit drop;
truncate holding, holding_before, beside;
