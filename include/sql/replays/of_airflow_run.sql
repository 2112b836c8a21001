-- Purpose: the figures of the replay that an Airflow run made, of its newest generation that has published.
-- Parameters: dag_id, dag_run_id.
select p.figures
from replays p
join runs r using (run_id)
join attempts a on a.run_id = p.run_id and a.stage = 'detect' and a.attempt = p.attempt
where r.dag_id = %(dag_id)s and r.dag_run_id = %(dag_run_id)s and a.finished_at is not null
order by r.generation desc
limit 1;
