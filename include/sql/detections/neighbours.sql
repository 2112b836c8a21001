-- Purpose: the evaluated cuts just before and after a cut, as they were loaded; NULL where there is none.
-- Parameters: dataset, rule, profile, cut.
select
    max(cut) filter (where cut < %(cut)s) as cut_before,
    min(cut) filter (where cut > %(cut)s) as cut_after
from evaluations
where dataset = %(dataset)s and rule = %(rule)s and profile = %(profile)s and not superseded;
