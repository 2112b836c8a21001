-- Purpose: the newest fitted version of each model.
-- Parameters: none.
select distinct on (m.model) m.*
from model_versions m
join reference_versions r on r.dataset = m.model and r.version_id = m.version_id
order by m.model, r.number desc;
