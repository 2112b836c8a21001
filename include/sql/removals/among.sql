-- Purpose: which of these paths were taken away, when, and by which setting.
-- Parameters: store, paths (array).
select path, setting, marked_at from removals where store = %(store)s and path = any(%(paths)s::text[]) order by path;
