-- Purpose: what will not move by itself: chunks held or unreadable, each dataset's newest run if it failed, dead letters.
with newest as (
    select distinct on (dataset) dataset, run_id, dag_id, dag_run_id, status
    from runs
    where not dry_run
    order by dataset, run_id desc
)
select c.dataset, c.run_id, format('chunk %%s is %%s: %%s', c.first_key, c.status, c.reason) as what,
       r.dag_id, r.dag_run_id
from chunks c join runs r using (run_id)
where c.status in ('held', 'unreadable')
union all
select n.dataset, n.run_id, 'the newest run failed', n.dag_id, n.dag_run_id
from newest n
where n.status = 'failed'
union all
select i.dataset, i.run_id, format('alert not deliverable over %%s: %%s (%%s)', o.channel, i.title, o.last_error),
       r.dag_id, r.dag_run_id
from outbox o join incidents i using (incident_id) left join runs r using (run_id)
where o.status = 'dead'
order by 1, 2, 3;
