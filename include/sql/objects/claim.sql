-- Purpose: claim object versions for a run; those that another run has claimed meanwhile are left out.
-- Parameters: dataset, run_id, objects (JSON array of key, version, bytes).
insert into objects (dataset, key, version, bytes, outcome, run_id)
select %(dataset)s, o.key, o.version, o.bytes, 'claimed', %(run_id)s
from jsonb_to_recordset(%(objects)s) as o (key text, version text, bytes bigint)
on conflict (dataset, key, version) do nothing;
