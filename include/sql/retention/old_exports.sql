-- Purpose: files that were exported long ago; one that is not known to be uploaded stays.
-- Parameters: days.
select e.key as path
from exports e
where e.uploaded_at < clock_timestamp() - %(days)s * interval '1 day'
  and not exists (select from removals x where x.store = 'bucket' and x.path = e.key)
order by path;
