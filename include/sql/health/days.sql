-- Purpose: the newest event days of a dataset in figures, a row a day without gaps, of what is aggregated. Rows are late
--          where a batch before theirs had a later day; `passed_at` is when the first rows of a later day were
--          aggregated. Chunks count on the newest of their days. The days begin where the dataset does, and after
--          those of chunks that were checked before profiles were kept.
-- Parameters: dataset, days (how many before the newest).
with edge as (
    select max(last_day) as newest, greatest(max(last_day) - %(days)s::int, min(first_day)) as oldest
    from chunks where dataset = %(dataset)s and seq is not null
),
watched as (
    select chunk_id, seq, last_day, rows_in, rows_loaded, rows_quarantined, aggregated_at
    from chunks
    where dataset = %(dataset)s and seq is not null and last_day >= (select oldest from edge)
),
parts as (
    select w.chunk_id, d.event_day, d.rows, w.seq, w.aggregated_at
    from watched w
    join chunk_days d on d.dataset = %(dataset)s and d.chunk_id = w.chunk_id
    where d.event_day >= (select oldest from edge)
),
unknown as (
    select max(last_day) as day from watched
    where rows_loaded > 0 and chunk_id not in (select chunk_id from parts)
),
bounds as (
    select greatest(edge.oldest, unknown.day + 1) as first, edge.newest from edge, unknown
),
span as (
    select day::date as day,
           passed.seq as passed_seq, passed.at as passed_at
    from bounds
    cross join generate_series(bounds.first, bounds.newest, '1 day') as day
    left join lateral (
        select min(seq) as seq, min(aggregated_at) as at from watched where last_day > day::date
    ) passed on true
),
counted as (
    select s.day, sum(p.rows) as rows, sum(p.rows) filter (where p.seq > s.passed_seq) as late,
           max(p.aggregated_at) as touched_at
    from span s
    join parts p on p.event_day = s.day
    group by s.day
),
arrived as (
    select last_day as day, sum(rows_in) as rows_in, sum(rows_quarantined) as quarantined,
           percentile_cont(0.5) within group (order by rows_in) as chunk_rows
    from watched
    group by last_day
)
select day, coalesce(rows, 0)::bigint as rows, coalesce(late, 0)::bigint as late,
       coalesce(rows_in, 0)::bigint as rows_in, coalesce(quarantined, 0)::bigint as quarantined,
       chunk_rows, touched_at, passed_at
from span
left join counted using (day)
left join arrived using (day)
order by day;
