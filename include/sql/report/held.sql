-- Purpose: what each rule of a dataset holds true of which event day: episodes that were not retracted, at each of the
--          cuts that were evaluated within them (ADR 7). A cut is the end of the day before it.
-- Parameters: dataset, profile.
select distinct d.rule, d.entity, e.cut - 1 as day
from detections d
join evaluations e using (dataset, rule, profile)
where d.dataset = %(dataset)s and d.profile = %(profile)s and d.close_reason is distinct from 'retracted'
  and not e.superseded and e.cut between d.opened_cut and d.last_cut;
