-- Purpose: a chunk of corrected rows, as a run that is over left it: the next run adopts it. It belongs to a run of the
--          chunks that it corrects, to one that is over if there is one.
-- Parameters: dataset, chunk_id, bytes, first_key, sources (array of chunk ids).
insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id, tries)
select %(dataset)s, %(chunk_id)s, %(bytes)s, %(first_key)s, 'landed', r.run_id, 0
from runs r
where r.run_id in (
    select c.run_id from chunks c
    where c.dataset = %(dataset)s and c.chunk_id = any(%(sources)s::char(64)[])
)
order by r.status = 'running', r.run_id desc
limit 1;
