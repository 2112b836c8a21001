-- Purpose: rows of a dataset by the reason for which check quarantined them, over all published checks.
-- Parameters: dataset.
select reason.key as reason, sum(reason.value::bigint)::bigint as rows
from attempts a
join runs r using (run_id)
cross join lateral jsonb_each_text(a.figures -> 'reasons') as reason
where a.stage = 'check' and a.finished_at is not null and r.dataset = %(dataset)s and not r.dry_run
group by reason.key
order by reason.key;
