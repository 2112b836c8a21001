-- Purpose: an empty table, of this transaction alone, for what holds by one evaluation.
create temporary table if not exists holding (
    entity    jsonb not null primary key,
    evidence  jsonb not null,
    first_day date  not null,
    last_day  date  not null
) on commit drop;
truncate holding;
