-- Purpose: which of these paths were taken away, and why.
-- Parameters: store, paths (array).
select path, setting from removals where store = %(store)s and path = any(%(paths)s::text[]);
