-- Purpose: the detections of one file, in its order.
-- Parameters: run_id, number.
select r.started_at, d.recorded_at, d.rule, d.entity
from detections d
join runs r on r.run_id = d.opened_run
where d.opened_run = %(run_id)s and d.export_number = %(number)s
order by d.rule collate "C", d.entity::text collate "C", d.opened_cut;
