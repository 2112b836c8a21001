-- Purpose: each rule's newest evaluation at a cut (NULL: the newest cut that was evaluated) under a profile.
-- Parameters: dataset, profile, cut.
select distinct on (rule)
    rule, rule_version, profile, parameters, cut, through_seq, reference, digest, holds, path, run_id
from evaluations
where dataset = %(dataset)s and profile = %(profile)s
  and cut = coalesce(
      %(cut)s::date,
      (select max(cut) from evaluations where dataset = %(dataset)s and profile = %(profile)s)
  )
order by rule, through_seq desc, evaluation_id desc;
