-- Purpose: what became of a dataset's daily runs since a cut, by cut: one that succeeded, else the newest. Dry runs and
--          experiments with a profile of their own do not count.
-- Parameters: dataset, since (the cut).
select distinct on (scope ->> 'cut')
    (scope ->> 'cut')::date as cut, run_id, dag_id, dag_run_id, status
from runs
where dataset = %(dataset)s and scope ->> 'kind' = 'interval' and not dry_run and strpos(profile, '~') = 0
  and scope ->> 'cut' >= %(since)s::date::text
order by scope ->> 'cut', status = 'succeeded' desc, run_id desc;
