-- Purpose: from where on a sequence's state can still be put together, since retention took deltas away: the first cut
--          whose days all lie after those of what was taken, at any batch. No row: nothing is lacking.
-- Parameters: dataset, aggregate, version.
select max(d.last_day + 1 + d.days) as cut, 0 as through_seq
from deltas d
join removals x on x.store = 'lake' and x.path = d.path
where d.dataset = %(dataset)s and d.aggregate = %(aggregate)s and d.version = %(version)s
having count(*) > 0;
