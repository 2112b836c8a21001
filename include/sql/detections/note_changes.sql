-- Purpose: the history of what a load changed, on the whole: an episode that was opened and moved by the same load was opened.
--          Gives the numbers by rule and change; `refreshed` has no row in the history.
-- Parameters: run_id, through_seq, recorded_at.
with changed as (
    select
        d.detection_id, d.rule, d.opened_cut, d.last_cut, d.closed_cut, d.close_reason,
        was.detection_id is null as is_new,
        was.closed_cut is distinct from d.closed_cut or was.close_reason is distinct from d.close_reason
            as other_end,
        was.closed_cut is not null as was_closed,
        was.closed_cut as old_end,
        was.opened_cut as old_start
    from detections d
    left join as_it_was was on was.detection_id = d.detection_id
    where was.detection_id is not null or (d.opened_run = %(run_id)s and d.recorded_at = %(recorded_at)s)
),
named as (
    select detection_id, rule, 'opened' as change, opened_cut as cut from changed where is_new
    union all
    select detection_id, rule, close_reason, closed_cut
    from changed
    where close_reason is not null and other_end and (not was_closed or close_reason = 'retracted')
    union all
    select detection_id, rule, 'reopened', last_cut
    from changed
    where not is_new and was_closed and close_reason is null
    union all
    select
        detection_id, rule,
        case when opened_cut < old_start or closed_cut > old_end then 'extended' else 'shortened' end,
        last_cut
    from changed
    where not is_new and close_reason is distinct from 'retracted'
      and (opened_cut <> old_start or (was_closed and closed_cut <> old_end))
),
noted as (
    insert into detection_history (detection_id, run_id, change, cut, through_seq, recorded_at)
    select detection_id, %(run_id)s, change, cut, %(through_seq)s, %(recorded_at)s from named
)
select rule, change, count(*) as episodes from named group by rule, change
union all
select d.rule, 'refreshed', count(*)
from detections d
join as_it_was was using (detection_id)
where d.last_run = %(run_id)s and d.closed_cut is null and was.closed_cut is null
group by d.rule;
