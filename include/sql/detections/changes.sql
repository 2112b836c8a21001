-- Purpose: the history of one detection, with the run behind each change.
-- Parameters: detection_id.
select h.change, h.cut, h.through_seq, h.recorded_at, h.run_id, r.dag_id, r.dag_run_id
from detection_history h
join runs r on r.run_id = h.run_id
where h.detection_id = %(detection_id)s
order by
    h.recorded_at, h.run_id,
    array_position(array['opened', 'reopened', 'extended', 'shortened', 'ended', 'retracted'], h.change);
