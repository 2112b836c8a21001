-- Purpose: per rule and event day in which this run, or one that loaded and never came to alert, recorded detections
--          first: how many they added, how many the day has in all, and the first few of those added. The event day is
--          the one before the cut. What a run between that one and this has alerted on is not added again.
-- Parameters: run_id, dataset, profile, top (entities listed per rule and day).
with unalerted as (
    select r.run_id
    from runs r
    join attempts loaded on loaded.run_id = r.run_id and loaded.stage = 'load' and loaded.finished_at is not null
    where r.dataset = %(dataset)s and r.profile = %(profile)s and not r.dry_run and r.run_id < %(run_id)s
      and not exists (
          select from attempts own
          where own.run_id = r.run_id and own.stage = 'alert' and own.finished_at is not null
      )
      and not exists (
          select from attempts alerted
          join runs later on later.run_id = alerted.run_id
          where alerted.stage = 'alert' and alerted.finished_at > loaded.finished_at
            and later.run_id > r.run_id and later.run_id < %(run_id)s
            and later.dataset = %(dataset)s and later.profile = %(profile)s and not later.dry_run
      )
),
added as (
    select rule, opened_cut, count(*) as added, (array_agg(entity order by entity))[1:%(top)s::int] as entities
    from detections
    where opened_run = any(array(select run_id from unalerted) || %(run_id)s::bigint)
      and dataset = %(dataset)s and profile = %(profile)s
    group by rule, opened_cut
)
select
    added.rule,
    added.opened_cut - 1 as event_day,
    added.added,
    (
        select count(*) from detections as day
        where day.dataset = %(dataset)s and day.profile = %(profile)s
          and day.rule = added.rule and day.opened_cut = added.opened_cut
    ) as found,
    to_jsonb(added.entities) as entities
from added
order by added.rule, added.opened_cut;
