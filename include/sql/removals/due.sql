-- Purpose: what is marked, not deleted yet, and read by no run any more: whoever began to read it before the mark is
--          through, since no task outlives a lease.
-- Parameters: lease (seconds).
select store, path, setting
from removals
where removed_at is null and marked_at < clock_timestamp() - make_interval(secs => %(lease)s)
order by store, path;
