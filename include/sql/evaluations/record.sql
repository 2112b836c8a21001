-- Purpose: what one rule found at a run's cut.
-- Parameters: dataset, rule, rule_version, profile, parameters, cut, through_seq, reference, digest, holds, path,
--             run_id.
insert into evaluations (
    dataset, rule, rule_version, profile, parameters, cut, through_seq, reference, digest, holds, path, run_id
)
values (
    %(dataset)s, %(rule)s, %(rule_version)s, %(profile)s, %(parameters)s, %(cut)s, %(through_seq)s, %(reference)s,
    %(digest)s, %(holds)s, %(path)s, %(run_id)s
);
