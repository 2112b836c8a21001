-- Purpose: the highest file number that was allotted in a folder, or null; longer than nine digits is none of ours.
-- Parameters: folder (with its slash).
select max(substring(substr(key, length(%(folder)s::text) + 1) from '^detection_([0-9]{1,9})[.]csv$')::int) as number
from exports
where starts_with(key, %(folder)s);
