-- Purpose: what holds now, by rule.
-- Parameters: dataset, profile.
select rule, entity
from detections
where dataset = %(dataset)s and profile = %(profile)s and closed_at is null;
