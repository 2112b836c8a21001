-- Purpose: which of these paths were taken away.
-- Parameters: store, paths (array).
select path from removals where store = %(store)s and path = any(%(paths)s::text[]);
