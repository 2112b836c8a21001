-- Purpose: of the chunks that a run's check stopped, those that are mended: they passed a check since, or a newer file of their
--          name did. Those of a dry run stay as they were judged.
-- Parameters: run_id.
select c.chunk_id
from attempts a
join runs r using (run_id)
cross join lateral jsonb_array_elements((a.figures -> 'held') || (a.figures -> 'unreadable')) as stopped
join chunks c on c.dataset = r.dataset and c.chunk_id = (stopped ->> 'chunk_id')::char(64)
where a.run_id = %(run_id)s and a.stage = 'check' and a.finished_at is not null and not r.dry_run
  and (
      c.status in ('checked', 'aggregated')
      or exists (
          select from chunks newer
          where newer.dataset = c.dataset and newer.first_key = c.first_key and newer.landed_at > c.landed_at
            and newer.status in ('checked', 'aggregated')
      )
  );
