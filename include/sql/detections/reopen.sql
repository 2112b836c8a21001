-- Purpose: an episode that was closed as ended at this same cut, and holds at it after all, goes on.
-- Parameters: dataset, rule, profile, rule_version, parameters, reference, cut, through_seq, run_id, recorded_at.
with reopened as (
    update detections d
    set closed_cut = null, closed_run = null, closed_at = null, close_reason = null,
        last_cut = %(cut)s, rule_version = %(rule_version)s, parameters = %(parameters)s,
        reference = %(reference)s, evidence = h.evidence, first_day = h.first_day, last_day = h.last_day,
        through_seq = %(through_seq)s, last_run = %(run_id)s
    from holding h
    where d.dataset = %(dataset)s and d.rule = %(rule)s and d.profile = %(profile)s
      and d.close_reason = 'ended' and d.closed_cut = %(cut)s and d.entity = h.entity
    returning d.detection_id
), noted as (
    insert into detection_history (detection_id, run_id, change, cut, through_seq, recorded_at)
    select detection_id, %(run_id)s, 'reopened', %(cut)s, %(through_seq)s, %(recorded_at)s
    from reopened
)
select count(*) as reopened from reopened;
