-- Purpose: pin the newest published version of a reference dataset to a run, unless it has one; gives the pinned one.
-- Parameters: run_id, dataset.
with newest as (
    select version_id from reference_versions where dataset = %(dataset)s order by number desc limit 1
)
update runs
set reference = jsonb_build_object(%(dataset)s::text, newest.version_id) || runs.reference
from newest
where runs.run_id = %(run_id)s
returning runs.reference ->> %(dataset)s as version_id;
