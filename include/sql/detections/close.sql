-- Purpose: close the open episodes that do not hold at this cut: ended if they opened before it, else retracted.
-- Parameters: dataset, rule, profile, cut, through_seq, run_id, recorded_at.
with closed as (
    update detections d
    set closed_cut = %(cut)s, closed_run = %(run_id)s, closed_at = %(recorded_at)s,
        close_reason = case when d.opened_cut < %(cut)s then 'ended' else 'retracted' end
    where d.dataset = %(dataset)s and d.rule = %(rule)s and d.profile = %(profile)s and d.closed_at is null
      and not exists (select from holding h where h.entity = d.entity)
    returning d.detection_id, d.close_reason
), noted as (
    insert into detection_history (detection_id, run_id, change, cut, through_seq, recorded_at)
    select detection_id, %(run_id)s, close_reason, %(cut)s, %(through_seq)s, %(recorded_at)s
    from closed
)
select count(*) filter (where close_reason = 'ended') as ended,
       count(*) filter (where close_reason = 'retracted') as retracted
from closed;
