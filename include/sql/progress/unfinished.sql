-- Purpose: per dataset, what is still on its way: runs in progress, claimed objects, chunks between stages.
with names as (
    select dataset from runs union select dataset from objects union select dataset from chunks
)
select
    n.dataset,
    (select count(*) from runs r where r.dataset = n.dataset and r.status = 'running' and not r.dry_run) as runs,
    (select count(*) from objects o where o.dataset = n.dataset and o.outcome = 'claimed') as claimed,
    (select count(*) from chunks c where c.dataset = n.dataset and c.status in ('landed', 'checked')) as chunks
from names n
order by n.dataset;
