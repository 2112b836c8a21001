-- Purpose: from where on an aggregate's state can still be put together, since retention took deltas away: the cut
--          and batch of the checkpoints that include all of them, the earliest cut first. No row: nothing is lacking.
-- Parameters: dataset, aggregate, version.
with removed as (
    select max(d.last_day) as last_day, max(d.seq) as seq
    from deltas d
    join removals x on x.store = 'lake' and x.path = d.path
    where d.dataset = %(dataset)s and d.aggregate = %(aggregate)s and d.version = %(version)s
)
select k.cut, k.through_seq
from checkpoints k
join removed on k.cut > removed.last_day and k.through_seq >= removed.seq
where k.dataset = %(dataset)s and k.aggregate = %(aggregate)s and k.version = %(version)s
  and not exists (select from removals x where x.store = 'lake' and x.path = k.path)
order by k.cut, k.through_seq
limit 1;
