-- Purpose: per rule the entities nearest below a threshold, as the dataset's newest detect under a profile found them.
-- Parameters: dataset, profile.
select rule.key as rule, miss.value -> 'entity' as entity, miss.value ->> 'lacks' as lacks
from (
    select a.figures
    from attempts a
    join runs r using (run_id)
    where a.stage = 'detect' and a.finished_at is not null and r.dataset = %(dataset)s and r.profile = %(profile)s
      and not r.dry_run
    order by r.run_id desc
    limit 1
) newest
cross join lateral jsonb_each(newest.figures -> 'rules') as rule
cross join lateral jsonb_array_elements(rule.value -> 'near_misses') with ordinality as miss (value, place)
order by rule.key, miss.place;
