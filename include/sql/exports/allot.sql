-- Purpose: files for the episodes that a run opened, by rule, entity and cut; gives their keys.
-- Parameters: run_id, folder (with its slash), first (number of the first file), rows (most in a file).
with numbered as (
    select detection_id,
           %(first)s + (
               row_number() over (order by rule collate "C", entity::text collate "C", opened_cut) - 1
           ) / %(rows)s as number
    from detections
    where opened_run = %(run_id)s and export_number is null and close_reason is distinct from 'retracted'
), allotted as (
    update detections d
    set export_number = n.number
    from numbered n
    where d.detection_id = n.detection_id
    returning d.export_number
)
insert into exports (run_id, number, key, rows)
select %(run_id)s, export_number, %(folder)s || 'detection_' || export_number || '.csv', count(*)
from allotted
group by export_number
order by export_number
returning key;
