-- Purpose: move landed chunks of a run on by their verdicts; the caller insists on the full count.
-- Parameters: run_id, verdicts (JSON array of objects with the columns below).
with verdicts as (
    select * from jsonb_to_recordset(%(verdicts)s) as v (
        chunk_id char(64), status text, reason text,
        rows_in bigint, rows_loaded bigint, rows_quarantined bigint, rows_duplicate bigint, rows_held bigint,
        first_day date, last_day date, events_path text, quarantine_path text, reasons jsonb
    )
),
-- Locked in one order everywhere, so that a run that adopts and a run that publishes cannot block each other.
mine as (
    select chunk_id from chunks
    where run_id = %(run_id)s and status = 'landed' and chunk_id in (select chunk_id from verdicts)
    order by chunk_id
    for update
)
update chunks c
set status = v.status,
    reason = v.reason,
    rows_in = v.rows_in,
    rows_loaded = v.rows_loaded,
    rows_quarantined = v.rows_quarantined,
    rows_duplicate = v.rows_duplicate,
    rows_held = v.rows_held,
    first_day = v.first_day,
    last_day = v.last_day,
    events_path = v.events_path,
    quarantine_path = v.quarantine_path,
    reasons = v.reasons,
    checked_at = clock_timestamp()
from verdicts v
join mine on mine.chunk_id = v.chunk_id
where c.run_id = %(run_id)s and c.status = 'landed' and c.chunk_id = v.chunk_id;
