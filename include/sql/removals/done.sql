-- Purpose: note that a path's files are deleted, and how much that was.
-- Parameters: store, path, files, bytes.
update removals
set removed_at = clock_timestamp(), files = %(files)s, bytes = %(bytes)s
where store = %(store)s and path = %(path)s;
