-- Purpose: the evaluation whose verdict counts at a cut: of those that were loaded, the one that knows most.
-- Parameters: dataset, rule, profile, cut.
select rule, rule_version, profile, parameters, cut, through_seq, reference, digest, holds, path, run_id
from evaluations
where dataset = %(dataset)s and rule = %(rule)s and profile = %(profile)s and cut = %(cut)s and not superseded
order by through_seq desc, evaluation_id desc
limit 1;
