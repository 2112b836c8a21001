-- Purpose: give back claims of a run on objects that were not read, so that a later listing finds them again.
-- Parameters: dataset, run_id, released (JSON array of key, version).
delete from objects o
using jsonb_to_recordset(%(released)s) as r (key text, version text)
where o.dataset = %(dataset)s and o.key = r.key and o.version = r.version
  and o.run_id = %(run_id)s and o.outcome = 'claimed';
