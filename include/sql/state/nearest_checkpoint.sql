-- Purpose: the published checkpoint from which a state takes the fewest rows to read; path is NULL where starting
--          from nothing takes fewer. No row: retention has taken away parts without which there is no such state.
-- Parameters: dataset, aggregate, version, cut, through_seq.
with usable as (
    select cut, through_seq, path, rows,
        max(cut) over (
            order by through_seq desc, cut desc rows between unbounded preceding and 1 preceding
        ) as furthest_newer
    from checkpoints k
    where dataset = %(dataset)s and aggregate = %(aggregate)s and version = %(version)s
      and cut <= %(cut)s and through_seq <= %(through_seq)s
      and not exists (select from removals x where x.store = 'lake' and x.path = k.path)
),
-- One that another beats in both coordinates is never nearer.
bases as (
    select cut, through_seq, path, rows from usable where furthest_newer is null or cut > furthest_newer
    union all
    select '-infinity', 0, null, 0
),
known as (
    select seq, last_day, rows, x.path is not null as removed
    from deltas d
    left join removals x on x.store = 'lake' and x.path = d.path
    where dataset = %(dataset)s and aggregate = %(aggregate)s and version = %(version)s
      and seq <= %(through_seq)s and first_day < %(cut)s
)
select nullif(bases.cut, '-infinity') as cut, bases.through_seq, bases.path, bases.rows
from bases
cross join lateral (
    select coalesce(sum(known.rows), 0) as rows, coalesce(bool_or(known.removed), false) as lacking
    from known
    where known.seq > bases.through_seq or known.last_day >= bases.cut
) rest
where not rest.lacking
order by bases.rows + rest.rows, bases.through_seq desc, bases.cut desc
limit 1;
