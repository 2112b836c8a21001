-- Purpose: an open episode that still holds takes over the values of this cut.
-- Parameters: dataset, rule, profile, rule_version, parameters, reference, cut, through_seq, run_id.
update detections d
set last_cut = %(cut)s, rule_version = %(rule_version)s, parameters = %(parameters)s,
    reference = %(reference)s, evidence = h.evidence, first_day = h.first_day, last_day = h.last_day,
    through_seq = %(through_seq)s, last_run = %(run_id)s
from holding h
where d.dataset = %(dataset)s and d.rule = %(rule)s and d.profile = %(profile)s
  and d.closed_at is null and d.entity = h.entity;
