-- Purpose: the newest facts that a sequence has kept at a cut (ADR 13).
-- Parameters: dataset, aggregate, version, cut, through_seq.
select cut, through_seq, path, rows
from checkpoints k
where dataset = %(dataset)s and aggregate = %(aggregate)s and version = %(version)s
  and cut = %(cut)s and through_seq <= %(through_seq)s
  and not exists (select from removals x where x.store = 'lake' and x.path = k.path)
order by through_seq desc
limit 1;
