-- Purpose: what a run's detect stage published, a row per rule.
-- Parameters: run_id.
select dataset, rule, rule_version, profile, parameters, cut, through_seq, reference, path, holds, run_id
from evaluations
where run_id = %(run_id)s
order by rule collate "C";
