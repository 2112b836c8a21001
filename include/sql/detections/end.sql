-- Purpose: episodes that end at a cut; those that went on beyond the one before it fall back to their values there.
-- Parameters: cut, cut_before, run_id, recorded_at; of the evaluation before: before_version, before_parameters,
--             before_reference, before_seq, before_run.
update detections d
set closed_cut = %(cut)s, close_reason = 'ended', closed_run = %(run_id)s, closed_at = %(recorded_at)s,
    last_cut = %(cut_before)s,
    evidence = coalesce(b.evidence, d.evidence),
    first_day = coalesce(b.first_day, d.first_day),
    last_day = coalesce(b.last_day, d.last_day),
    rule_version = case when b.entity is null then d.rule_version else %(before_version)s end,
    parameters = case when b.entity is null then d.parameters else %(before_parameters)s end,
    reference = case when b.entity is null then d.reference else %(before_reference)s end,
    through_seq = case when b.entity is null then d.through_seq else %(before_seq)s end,
    last_run = case when b.entity is null then d.last_run else %(before_run)s end
from beside
left join holding_before b on b.entity = beside.entity
where beside.detection_id = d.detection_id and beside.action in ('end_here', 'end_before', 'split')
  and d.closed_cut is distinct from %(cut)s;
