-- Purpose: folders of checked events, old and without a chunk that is still to be aggregated.
-- Parameters: days.
select a.figures ->> 'events_path' as path
from attempts a
join runs r on r.run_id = a.run_id and not r.dry_run
where a.stage = 'check' and a.finished_at < clock_timestamp() - %(days)s * interval '1 day'
  and a.figures ->> 'events_path' is not null
  and not exists (
      select from removals x where x.store = 'lake' and x.path = a.figures ->> 'events_path'
  )
  and not exists (
      select from chunks c
      where c.events_path = a.figures ->> 'events_path'
        and (c.status = 'checked' or c.aggregated_at >= clock_timestamp() - %(days)s * interval '1 day')
  )
order by path;
