-- Purpose: which of these attempts have outputs that nothing will ever read: the run is over or its lease ran out, and
--          the attempt was not published, or its run was a dry one. What land wrote aside goes even if it was.
-- Parameters: attempts (JSON array of run_id, stage, attempt), days (that the attempt and its run are old).
select c.run_id, c.stage, c.attempt
from jsonb_to_recordset(%(attempts)s) as c (run_id bigint, stage text, attempt int)
join runs r on r.run_id = c.run_id
join attempts a on a.run_id = c.run_id and a.stage = c.stage and a.attempt = c.attempt
where (r.status <> 'running' or r.lease_until < clock_timestamp())
  and coalesce(r.finished_at, r.lease_until) < clock_timestamp() - %(days)s * interval '1 day'
  and a.started_at < clock_timestamp() - %(days)s * interval '1 day'
  and (a.finished_at is null or r.dry_run or a.stage = 'land')
order by c.run_id, c.stage, c.attempt;
