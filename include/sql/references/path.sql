-- Purpose: where a published version of a reference dataset is.
-- Parameters: dataset, version_id
select path
from reference_versions
where dataset = %(dataset)s and version_id = %(version_id)s;
