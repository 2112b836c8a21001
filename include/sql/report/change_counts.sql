-- Purpose: how many detections a run changed, by rule and change.
-- Parameters: run_id.
select d.rule, h.change, count(*) as detections
from detection_history h
join detections d using (detection_id)
where h.run_id = %(run_id)s
group by d.rule, h.change
order by d.rule, h.change;
