-- Purpose: evaluations that nobody reads again: their cut has a loaded one that knows more, so that loading them finds
--          them superseded, or one that knows as much, and they are loaded. The one that counts at a cut stays for
--          ever, since episodes are made from it.
-- Parameters: days.
select e.path
from evaluations e
join runs r on r.run_id = e.run_id and r.status <> 'running'
where e.published_at < clock_timestamp() - %(days)s * interval '1 day'
  and not exists (select from removals x where x.store = 'lake' and x.path = e.path)
  and exists (
      select from evaluations newer
      where newer.dataset = e.dataset and newer.cut = e.cut and newer.profile = e.profile and newer.rule = e.rule
        and newer.superseded is false
        and (
            newer.through_seq > e.through_seq
            or newer.through_seq = e.through_seq and newer.evaluation_id > e.evaluation_id and e.superseded is not null
        )
  )
order by path;
