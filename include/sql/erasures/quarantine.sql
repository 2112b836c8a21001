-- Purpose: every folder of quarantined lines of these datasets that is not taken away: of the newest check of a chunk,
--          of earlier ones, and of dry runs.
-- Parameters: datasets (array).
select distinct a.figures ->> 'quarantine_path' as path
from attempts a
join runs r using (run_id)
where r.dataset = any(%(datasets)s::text[]) and a.stage = 'check' and a.finished_at is not null
  and a.figures ->> 'quarantine_path' is not null
  and not exists (
      select from removals x where x.store = 'lake' and x.path = a.figures ->> 'quarantine_path'
  )
order by path;
