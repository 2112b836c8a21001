-- Purpose: take paths away from every reader, from now on; one that is marked already stays as it is.
-- Parameters: store (lake or bucket), paths (array), setting (by whose days they go).
insert into removals (store, path, setting)
select %(store)s, path, %(setting)s
from unnest(%(paths)s::text[]) as one (path)
order by path
on conflict do nothing;
