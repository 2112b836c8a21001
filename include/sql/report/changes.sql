-- Purpose: what a run did to detections, and how they are now; what it opened first.
-- Parameters: run_id, most (rows).
select
    h.change, h.cut, d.detection_id, d.rule, d.entity, d.evidence, d.opened_cut, d.closed_cut, d.close_reason
from detection_history h
join detections d using (detection_id)
where h.run_id = %(run_id)s
order by d.rule, h.change <> 'opened', h.change, d.detection_id
limit %(most)s;
