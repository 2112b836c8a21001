-- Purpose: whether an evaluation of a later cut or of later knowledge was loaded before this one.
-- Parameters: dataset, rule, profile, cut, through_seq.
select exists (
    select from evaluations
    where dataset = %(dataset)s and rule = %(rule)s and profile = %(profile)s and superseded = false
      and (cut > %(cut)s or through_seq > %(through_seq)s)
) as superseded;
