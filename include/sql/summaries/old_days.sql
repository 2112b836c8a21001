-- Purpose: the days of a summary's table that were last evaluated long ago, with the paths of all that was evaluated for
--          them and not taken away yet. A day whose run is still at work stays.
-- Parameters: dataset, table (the summary's name), days.
select
    e.cut - 1 as day,
    array_agg(e.path order by e.path) filter (where not exists (
        select from removals x where x.store = 'lake' and x.path = e.path
    )) as paths
from evaluations e
join runs r using (run_id)
where e.dataset = %(dataset)s and e.rule = %(table)s
group by e.cut
having max(e.published_at) < clock_timestamp() - %(days)s * interval '1 day'
  and not bool_or(r.status = 'running')
  and bool_or(not exists (select from removals x where x.store = 'lake' and x.path = e.path))
order by day;
