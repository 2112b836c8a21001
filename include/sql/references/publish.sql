-- Purpose: publish a version of a reference dataset under its next number; one that is published already stays.
-- Parameters: dataset, version_id, path, rows, run_id
insert into reference_versions (dataset, version_id, number, path, rows, run_id)
select %(dataset)s, %(version_id)s, coalesce(max(number), 0) + 1, %(path)s, %(rows)s, %(run_id)s
from reference_versions
where dataset = %(dataset)s
on conflict (dataset, version_id) do nothing;
