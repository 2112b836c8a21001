-- Purpose: an episode takes in the one that followed it, since it holds in between as well.
-- Parameters: none.
update detections d
set last_cut = next.last_cut, rule_version = next.rule_version, parameters = next.parameters,
    reference = next.reference, evidence = next.evidence, first_day = next.first_day, last_day = next.last_day,
    through_seq = next.through_seq, last_run = next.last_run,
    closed_cut = next.closed_cut, close_reason = next.close_reason, closed_run = next.closed_run,
    closed_at = next.closed_at
from beside
join beside next on next.entity = beside.entity and next.action = 'give_way'
where beside.detection_id = d.detection_id and beside.action = 'join';
