-- Purpose: open incidents of a dataset whose cause is mended: of stopped chunks, when each of them has passed its check by
--          now, or a newer file of its name has; of an object that was not read, when a newer version of it landed.
-- Parameters: dataset.
with stopped as (
    -- Of the chunks that one run's check stopped, the incident may list a part: the run's figures name all of them.
    select i.incident_id, one.chunk_id::char(64)
    from incidents i
    cross join lateral (
        select i.body ->> 'chunk_id' as chunk_id
        where i.body ? 'chunk_id'
        union all
        select chunk ->> 'chunk_id'
        from attempts a
        cross join lateral jsonb_array_elements((a.figures -> 'held') || (a.figures -> 'unreadable')) as chunk
        where not i.body ? 'chunk_id'
          and a.run_id = i.run_id and a.stage = 'check' and a.finished_at is not null
    ) as one
    where i.dataset = %(dataset)s and i.kind = 'held' and i.resolved_at is null
)
select i.fingerprint
from incidents i
where i.dataset = %(dataset)s and i.kind = 'held' and i.resolved_at is null
  and exists (select from stopped where stopped.incident_id = i.incident_id)
  and not exists (
      select from stopped
      join chunks c on c.dataset = i.dataset and c.chunk_id = stopped.chunk_id
      where stopped.incident_id = i.incident_id and c.status not in ('checked', 'aggregated')
        and not exists (
            select from chunks newer
            where newer.dataset = c.dataset and newer.first_key = c.first_key and newer.landed_at > c.landed_at
              and newer.status in ('checked', 'aggregated')
        )
  )
union all
select i.fingerprint
from incidents i
where i.dataset = %(dataset)s and i.kind = 'refused_object' and i.resolved_at is null
  and exists (
      select from objects o
      where o.dataset = i.dataset and o.key = i.body ->> 'key' and o.outcome in ('landed', 'duplicate')
        and o.settled_at > i.opened_at
  );
