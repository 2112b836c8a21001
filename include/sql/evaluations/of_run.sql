-- Purpose: what a run's detect stage published, a row per cut and rule, in that order.
-- Parameters: run_id.
select rule, rule_version, profile, parameters, cut, through_seq, reference, digest, holds, path, run_id
from evaluations
where run_id = %(run_id)s
order by cut, rule collate "C";
