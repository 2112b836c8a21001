-- Purpose: quarantined rows that were corrected, each once; and the reasons of each chunk's quarantined rows, so that a
--          chunk that is checked again counts once.

create table corrections (
    dataset         text        not null,
    chunk_id        char(64)    not null,
    line            int         not null check (line > 0),
    reason          text        not null,
    quarantine_path text        not null,
    into_chunk      char(64)    not null,
    into_line       int         not null,
    source          text        not null,
    corrected_at    timestamptz not null default clock_timestamp(),
    primary key (dataset, chunk_id, line),
    unique (dataset, into_chunk, into_line),
    foreign key (dataset, chunk_id) references chunks,
    foreign key (dataset, into_chunk) references chunks
);
comment on table corrections is 'A row per quarantined row that was corrected; the key makes it once (ADR 8)';
comment on column corrections.reason is 'Why it was quarantined';
comment on column corrections.quarantine_path is 'Where the original row lies';
comment on column corrections.into_chunk is 'The chunk, and the line in it, that the corrected row landed as';
comment on column corrections.source is 'Name of the corrections file';

alter table chunks add column reasons jsonb;
comment on column chunks.reasons is 'Quarantined rows by reason; NULL beside quarantined rows: checked before this was kept';

-- What was checked before: the reasons are known by batch, and so for the only chunk of a batch that has bad rows.
update chunks c
set reasons = a.figures -> 'reasons'
from attempts a
where a.stage = 'check' and a.finished_at is not null and c.rows_quarantined > 0
  and a.figures ->> 'quarantine_path' = c.quarantine_path
  and c.rows_quarantined = (select sum(value::bigint) from jsonb_each_text(a.figures -> 'reasons'));

create index chunks_with_quarantine on chunks (dataset) where rows_quarantined > 0;
create index chunks_stopped on chunks (dataset) where status in ('held', 'unreadable');
