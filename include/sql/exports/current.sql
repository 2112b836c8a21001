-- Purpose: all open detections of a profile.
-- Parameters: profile, rules.
select r.started_at, d.recorded_at, d.rule, d.entity
from detections d
join runs r on r.run_id = d.opened_run
where d.profile = %(profile)s and d.rule = any(%(rules)s) and d.closed_at is null
order by d.rule collate "C", d.entity::text collate "C";
