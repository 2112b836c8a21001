-- Purpose: the deltas that have rows of the days that count for a sequence at a cut (ADR 13).
--          `removed`: retention took it away.
-- Parameters: dataset, aggregate, version, cut, through_seq, since (the first day that counts).
select d.seq, d.path, d.rows, d.first_day, d.last_day, x.path is not null as removed
from deltas d
left join removals x on x.store = 'lake' and x.path = d.path
where dataset = %(dataset)s and aggregate = %(aggregate)s and version = %(version)s
  and seq <= %(through_seq)s and first_day < %(cut)s and last_day >= %(since)s
order by seq;
