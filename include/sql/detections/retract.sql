-- Purpose: episodes that are not true given what is known now, and those that an earlier one takes in.
-- Parameters: cut, run_id, recorded_at.
update detections d
set closed_cut = %(cut)s, close_reason = 'retracted', closed_run = %(run_id)s, closed_at = %(recorded_at)s
from beside
where beside.detection_id = d.detection_id and beside.action in ('retract', 'give_way');
