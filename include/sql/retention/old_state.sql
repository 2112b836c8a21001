-- Purpose: of each aggregate, the deltas that one old checkpoint includes whole, and the older checkpoints that it
--          beats. The checkpoint is older than the days, and so is its cut, counted back from the newest event day:
--          so every cut of these days can still be evaluated, with whatever late events, and every position
--          that was current in them be computed again. It must include all deltas taken away before, too: two
--          checkpoints that each cover a part cannot be put together. Of a sequence, the deltas that no cut of these
--          days counts, and facts at older cuts (ADR 13).
-- Parameters: days.
with parts as (
    select d.*, x.path is not null as removed
    from deltas d
    left join removals x on x.store = 'lake' and x.path = d.path
),
first_cuts as (
    select dataset, max(last_day) + 1 - ceil(%(days)s)::int as cut from chunks where seq is not null group by dataset
),
sequences as (
    select distinct dataset, aggregate, version from deltas where days is not null
),
old as (
    select k.dataset, k.aggregate, k.version, k.cut, k.through_seq, k.path,
        (k.dataset, k.aggregate, k.version) in (select dataset, aggregate, version from sequences) as facts
    from checkpoints k
    join first_cuts f on f.dataset = k.dataset and k.cut <= f.cut
    where k.created_at < clock_timestamp() - %(days)s * interval '1 day'
      and not exists (select from removals x where x.store = 'lake' and x.path = k.path)
),
measured as (
    select old.*, covered.deltas, covered.lacking
    from old
    cross join lateral (
        select count(*) filter (where p.seq <= old.through_seq and p.last_day < old.cut) as deltas,
            count(*) filter (where p.removed and not (p.seq <= old.through_seq and p.last_day < old.cut)) as lacking
        from parts p
        where p.dataset = old.dataset and p.aggregate = old.aggregate and p.version = old.version
    ) covered
    where not old.facts
),
base as (
    select distinct on (dataset, aggregate, version) dataset, aggregate, version, cut, through_seq
    from measured
    where lacking = 0
    order by dataset, aggregate, version, deltas desc, cut desc, through_seq desc
)
select p.path
from parts p
join base b using (dataset, aggregate, version)
where not p.removed and p.seq <= b.through_seq and p.last_day < b.cut
union all
select old.path
from old
join base b using (dataset, aggregate, version)
where old.cut <= b.cut and old.through_seq <= b.through_seq
  and (old.cut, old.through_seq) <> (b.cut, b.through_seq)
union all
select path from old where facts
union all
select p.path
from parts p
join first_cuts f on f.dataset = p.dataset and p.last_day + p.days < f.cut
where not p.removed and exists (
    select from chunks c
    where c.dataset = p.dataset and c.seq = p.seq and c.aggregated_at < clock_timestamp() - %(days)s * interval '1 day'
)
order by path;
