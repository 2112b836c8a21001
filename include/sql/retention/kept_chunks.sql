-- Purpose: which of these chunks the ledger knows, and whether their bytes are to stay: unless they were taken away and
--          deleted, and then came once more with another delivery.
-- Parameters: dataset, paths (object of chunk id to path in the lake).
select c.chunk_id, r.removed_at is null as kept
from jsonb_each_text(%(paths)s) as p
join chunks c on c.dataset = %(dataset)s and c.chunk_id = p.key::char(64)
left join removals r on r.store = 'lake' and r.path = p.value;
