-- Purpose: whether an evaluation of the same cut that knew more was loaded before this one.
-- Parameters: dataset, rule, profile, cut, through_seq.
select exists (
    select from evaluations
    where dataset = %(dataset)s and rule = %(rule)s and profile = %(profile)s and cut = %(cut)s
      and through_seq > %(through_seq)s and not superseded
) as superseded;
