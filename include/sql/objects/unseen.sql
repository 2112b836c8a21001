-- Purpose: which of the listed object versions the ledger has not seen.
-- Parameters: dataset, keys, versions (arrays of equal length).
select listed.key, listed.version
from unnest(%(keys)s::text[], %(versions)s::text[]) as listed (key, version)
where not exists (
    select from objects o
    where o.dataset = %(dataset)s and o.key = listed.key and o.version = listed.version
);
