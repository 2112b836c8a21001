-- Purpose: folders of quarantined rows, old and without a chunk that is stopped and waits for a person.
-- Parameters: days.
select a.figures ->> 'quarantine_path' as path
from attempts a
join runs r on r.run_id = a.run_id and not r.dry_run
where a.stage = 'check' and a.finished_at < clock_timestamp() - %(days)s * interval '1 day'
  and a.figures ->> 'quarantine_path' is not null
  and not exists (
      select from removals x where x.store = 'lake' and x.path = a.figures ->> 'quarantine_path'
  )
  and not exists (
      select from chunks c
      where c.quarantine_path = a.figures ->> 'quarantine_path' and c.status in ('checked', 'held', 'unreadable')
  )
order by path;
