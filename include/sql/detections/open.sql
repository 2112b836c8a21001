-- Purpose: a new episode for everything that holds and has none beside the cut; it is over at once if a later cut was
--          evaluated.
-- Parameters: dataset, rule, profile, rule_version, parameters, reference, cut, cut_after, through_seq, run_id,
--             recorded_at.
insert into detections (
    dataset, rule, profile, entity, opened_cut, last_cut, closed_cut, close_reason, rule_version, parameters,
    reference, evidence, first_day, last_day, through_seq, opened_run, last_run, closed_run, recorded_at, closed_at
)
select
    %(dataset)s, %(rule)s, %(profile)s, h.entity, %(cut)s, %(cut)s, %(cut_after)s,
    case when %(cut_after)s::date is not null then 'ended' end, %(rule_version)s, %(parameters)s, %(reference)s,
    h.evidence, h.first_day, h.last_day, %(through_seq)s, %(run_id)s, %(run_id)s,
    case when %(cut_after)s::date is not null then %(run_id)s::bigint end, %(recorded_at)s,
    case when %(cut_after)s::date is not null then %(recorded_at)s::timestamptz end
from holding h
where not exists (select from beside where beside.entity = h.entity)
order by h.entity::text collate "C";
