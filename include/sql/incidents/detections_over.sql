-- Purpose: open incidents of detections of which none is open any more. The event day is the one before the cut.
-- Parameters: dataset, profile.
select i.fingerprint
from incidents i
where i.dataset = %(dataset)s and i.kind = 'detections' and i.resolved_at is null
  and i.body ->> 'profile' = %(profile)s
  and not exists (
      select from detections d
      where d.dataset = i.dataset and d.profile = %(profile)s and d.rule = i.body ->> 'rule'
        and d.opened_cut = (i.body ->> 'event_day')::date + 1 and d.closed_at is null
  );
