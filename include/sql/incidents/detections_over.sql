-- Purpose: open incidents of detections of which none is open any more. Where two episodes became one, the one that was
--          given up is retracted, and open is the one that covers its first cut now.
-- Parameters: dataset, profile.
select i.fingerprint
from incidents i
where i.dataset = %(dataset)s and i.kind = 'detections' and i.resolved_at is null
  and i.body ->> 'profile' = %(profile)s
  and not exists (
      select from incident_detections
      join detections told using (detection_id)
      join detections d
          on d.dataset = told.dataset and d.rule = told.rule and d.profile = told.profile and d.entity = told.entity
      where incident_detections.incident_id = i.incident_id and d.closed_at is null
        and (d.detection_id = told.detection_id or told.opened_cut between d.opened_cut and d.last_cut)
  );
