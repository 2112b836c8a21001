-- Purpose: keep how the episodes beside a cut stood before this load changed them; its own are new.
-- Parameters: run_id, recorded_at.
insert into as_it_was (detection_id, opened_cut, closed_cut, close_reason)
select detection_id, opened_cut, closed_cut, close_reason
from beside
where opened_run <> %(run_id)s or recorded_at <> %(recorded_at)s
on conflict (detection_id) do nothing;
