-- Purpose: detections with the Airflow runs that opened, last saw and closed them: one, or all in their order.
-- Parameters: detection_id (null: all).
select d.detection_id, d.dataset, d.rule, d.profile, d.entity, d.opened_cut, d.last_cut, d.closed_cut,
       d.close_reason, d.rule_version, d.parameters, d.reference, d.evidence, d.first_day, d.last_day,
       d.through_seq, d.opened_run, d.last_run, d.closed_run, d.recorded_at, d.closed_at, x.key as export_key
from detections d
left join exports x on x.run_id = d.opened_run and x.number = d.export_number
where %(detection_id)s::bigint is null or d.detection_id = %(detection_id)s
order by d.detection_id;
