-- Purpose: quarantined rows that were corrected, by dataset; those of a chunk that waits for another check do not count.
select k.dataset, count(*) as corrected
from corrections k
join chunks c using (dataset, chunk_id)
where c.rows_quarantined > 0
group by k.dataset;
