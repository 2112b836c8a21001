-- Purpose: what follows where an episode was split: one of its own, from the next evaluated cut on, with the values and the end
--          that the whole had.
-- Parameters: cut_after, run_id, recorded_at.
insert into detections (
    dataset, rule, profile, entity, opened_cut, last_cut, closed_cut, close_reason, rule_version, parameters,
    reference, evidence, first_day, last_day, through_seq, opened_run, last_run, closed_run, recorded_at, closed_at
)
select
    dataset, rule, profile, entity, %(cut_after)s, last_cut, closed_cut, close_reason, rule_version, parameters,
    reference, evidence, first_day, last_day, through_seq, %(run_id)s, last_run, closed_run, %(recorded_at)s,
    case when closed_at is not null then %(recorded_at)s end
from beside
where action = 'split'
order by entity::text collate "C";
