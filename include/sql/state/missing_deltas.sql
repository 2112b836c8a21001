-- Purpose: the batches that have good events before a cut, and of which a state has no delta.
-- Parameters: dataset, aggregate, version, cut, through_seq, since (the first day that counts, NULL: any).
select distinct c.seq
from chunks c
where c.dataset = %(dataset)s and c.seq <= %(through_seq)s and c.rows_loaded > 0 and c.first_day < %(cut)s
  and (%(since)s::date is null or c.last_day >= %(since)s)
  and not exists (
      select from deltas d
      where d.dataset = c.dataset and d.aggregate = %(aggregate)s and d.version = %(version)s and d.seq = c.seq
  )
order by c.seq;
