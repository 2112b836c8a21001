-- Purpose: a new episode for everything that holds and has no open one. Comes after refresh, close and reopen.
-- Parameters: dataset, rule, profile, rule_version, parameters, reference, cut, through_seq, run_id, recorded_at.
with opened as (
    insert into detections (
        dataset, rule, profile, entity, opened_cut, last_cut, rule_version, parameters, reference,
        evidence, first_day, last_day, through_seq, opened_run, last_run, recorded_at
    )
    select %(dataset)s, %(rule)s, %(profile)s, h.entity, %(cut)s, %(cut)s, %(rule_version)s, %(parameters)s,
           %(reference)s, h.evidence, h.first_day, h.last_day, %(through_seq)s, %(run_id)s, %(run_id)s,
           %(recorded_at)s
    from holding h
    where not exists (
        select from detections d
        where d.dataset = %(dataset)s and d.rule = %(rule)s and d.profile = %(profile)s
          and d.closed_at is null and d.entity = h.entity
    )
    order by h.entity::text collate "C"
    returning detection_id
), noted as (
    insert into detection_history (detection_id, run_id, change, cut, through_seq, recorded_at)
    select detection_id, %(run_id)s, 'opened', %(cut)s, %(through_seq)s, %(recorded_at)s
    from opened
)
select count(*) as opened from opened;
