-- Purpose: the deltas that a state needs beside a checkpoint (without one: base_cut NULL, base_seq 0), and which of
--          them the checkpoint knew, so that only their days from base_cut on are missing in it (ADR 1).
--          `removed`: retention took it away.
-- Parameters: dataset, aggregate, version, cut, through_seq, base_cut, base_seq.
select d.seq, d.path, d.rows, d.first_day, d.last_day, d.seq <= %(base_seq)s as known_to_base,
    x.path is not null as removed
from deltas d
left join removals x on x.store = 'lake' and x.path = d.path
where dataset = %(dataset)s and aggregate = %(aggregate)s and version = %(version)s
  and seq <= %(through_seq)s and first_day < %(cut)s
  and (seq > %(base_seq)s or last_day >= %(base_cut)s::date)
order by seq;
