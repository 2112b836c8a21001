-- Purpose: what will not move by itself: chunks held or unreadable, each dataset's newest run that is over if it failed,
--          dead letters. `recent`: stopped within the last so many seconds; a failed newest run always is.
-- Parameters: within (seconds).
with newest as (
    select distinct on (dataset) dataset, run_id, dag_id, dag_run_id, status
    from runs
    where not dry_run and status <> 'running'
    order by dataset, run_id desc
),
found as (
    select c.dataset, c.run_id, format('chunk %%s is %%s: %%s', c.first_key, c.status, c.reason) as what,
           r.dag_id, r.dag_run_id,
           -- A chunk that is held for its failed runs was not checked; it stopped when the last of them ended.
           greatest(c.landed_at, c.checked_at, r.finished_at) as stopped_at
    from chunks c join runs r using (run_id)
    where c.status in ('held', 'unreadable')
    union all
    select n.dataset, n.run_id, 'the newest run failed', n.dag_id, n.dag_run_id, 'infinity'
    from newest n
    where n.status = 'failed'
    union all
    -- A dead letter's next try is set like a living one's: its last try and some minutes.
    select coalesce(i.dataset, 'alert_delivery'), i.run_id,
           format('alert not deliverable over %%s: %%s (%%s)', o.channel, coalesce(i.title, 'a digest'), o.last_error),
           r.dag_id, r.dag_run_id, o.next_try_at
    from outbox o left join incidents i using (incident_id) left join runs r using (run_id)
    where o.status = 'dead'
)
select dataset, run_id, what, dag_id, dag_run_id,
       stopped_at >= clock_timestamp() - make_interval(secs => %(within)s) as recent
from found
order by stopped_at desc, dataset, run_id, what;
