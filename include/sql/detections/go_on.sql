-- Purpose: episodes that hold at a cut that is their last one now: they take over its values, and are open unless a later cut
--          was evaluated.
-- Parameters: rule_version, parameters, reference, cut, cut_after, through_seq, run_id, recorded_at.
update detections d
set last_cut = %(cut)s, rule_version = %(rule_version)s, parameters = %(parameters)s, reference = %(reference)s,
    evidence = h.evidence, first_day = h.first_day, last_day = h.last_day, through_seq = %(through_seq)s,
    last_run = %(run_id)s,
    closed_cut = %(cut_after)s,
    close_reason = case when %(cut_after)s::date is not null then 'ended' end,
    closed_run = case when d.closed_cut = %(cut_after)s then d.closed_run when %(cut_after)s::date is not null then %(run_id)s end,
    closed_at = case when d.closed_cut = %(cut_after)s then d.closed_at when %(cut_after)s::date is not null then %(recorded_at)s end
from beside
join holding h on h.entity = beside.entity
where beside.detection_id = d.detection_id and beside.action in ('refresh', 'go_on');
