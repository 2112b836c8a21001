-- Purpose: record rows as corrected; fails if one of them has been.
-- Parameters: dataset, into_chunk, source, rows (JSON array of chunk_id, line, reason, quarantine_path, into_line).
insert into corrections (dataset, chunk_id, line, reason, quarantine_path, into_chunk, into_line, source)
select
    %(dataset)s, r.chunk_id, r.line, r.reason, r.quarantine_path, %(into_chunk)s, r.into_line, %(source)s
from jsonb_to_recordset(%(rows)s)
    as r (chunk_id char(64), line int, reason text, quarantine_path text, into_line int);
