-- Purpose: note which detections an incident tells of: those of its rule, profile and event day, which is the one before
--          their first cut. What an earlier report noted stays, wherever its first cut is now.
-- Parameters: incident_id, dataset, profile, rule, event_day.
insert into incident_detections (incident_id, detection_id)
select %(incident_id)s, detection_id
from detections
where dataset = %(dataset)s and profile = %(profile)s and rule = %(rule)s
  and opened_cut = %(event_day)s::date + 1
on conflict do nothing;
