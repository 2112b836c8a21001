-- Purpose: how the rows of event days are mixed, of what is aggregated. The layout of corrections is people's, and says
--          nothing about the producer.
-- Parameters: dataset, first, last (days).
select d.event_day as day, mix.key as name, one.key as value, sum(one.value::bigint)::bigint as rows
from chunk_days d
join chunks c on c.dataset = d.dataset and c.chunk_id = d.chunk_id and c.seq is not null
cross join lateral jsonb_each(d.mix) as mix
cross join lateral jsonb_each_text(mix.value) as one
where d.dataset = %(dataset)s and d.event_day between %(first)s and %(last)s
  and (
      mix.key <> 'chunk.layout'
      or not exists (select from corrections k where k.dataset = d.dataset and k.into_chunk = d.chunk_id)
  )
group by d.event_day, mix.key, one.key;
