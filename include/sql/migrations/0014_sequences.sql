-- Purpose: deltas whose rows count for some days only, and facts that are kept of them (ADR 13).

alter table deltas add column days int check (days > 0);
comment on column deltas.days is 'How many days before a cut its rows count, those of a sequence; NULL: for ever';
