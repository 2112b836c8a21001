-- Purpose: per rule and event day in which this run recorded detections first: how many it added, how many the day
--          has in all, and the first few of those added. The event day is the one before the cut.
-- Parameters: run_id, dataset, profile, top (entities listed per rule and day).
with added as (
    select rule, opened_cut, count(*) as added, (array_agg(entity order by entity))[1:%(top)s::int] as entities
    from detections
    where opened_run = %(run_id)s and dataset = %(dataset)s and profile = %(profile)s
    group by rule, opened_cut
)
select
    added.rule,
    added.opened_cut - 1 as event_day,
    added.added,
    count(*) as found,
    to_jsonb(added.entities) as entities
from added
join detections as day
    on day.dataset = %(dataset)s and day.profile = %(profile)s
    and day.rule = added.rule and day.opened_cut = added.opened_cut
group by added.rule, added.opened_cut, added.added, added.entities
order by added.rule, added.opened_cut;
