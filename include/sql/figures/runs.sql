-- Purpose: runs by dataset and status, dry ones left out.
select dataset, status, count(*) as runs
from runs
where not dry_run
group by dataset, status;
