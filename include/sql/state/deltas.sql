-- Purpose: the deltas that a state needs beside a checkpoint (without one: base_cut NULL, base_seq 0), and which of
--          them the checkpoint knew, so that only their days from base_cut on are missing in it (ADR 1).
-- Parameters: dataset, aggregate, version, cut, through_seq, base_cut, base_seq.
select seq, path, rows, first_day, last_day, seq <= %(base_seq)s as known_to_base
from deltas
where dataset = %(dataset)s and aggregate = %(aggregate)s and version = %(version)s
  and seq <= %(through_seq)s and first_day < %(cut)s
  and (seq > %(base_seq)s or last_day >= %(base_cut)s::date)
order by seq;
