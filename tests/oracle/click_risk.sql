-- Purpose: the table click_risk for the day before a cut, from clicks (user_id, event_time, event_day).
-- Parameters: cut.
with counted as (
    select *, epoch_us(event_time) as micros, row_number() over () as id from events
    where event_day >= $cut::date - 2 and event_day < $cut::date
),
gapped as (
    select *, coalesce(micros - lag(micros) over (partition by user_id order by micros) < 2000000, false) as fast
    from counted
),
runs as (
    select *, sum((not fast)::int) over (partition by user_id order by micros rows unbounded preceding) as run
    from gapped
),
placed as (
    select *, row_number() over (partition by user_id, run order by micros) - 1 as gaps from runs
),
minutes as (
    select a.id, count(*) as in_1_minute
    from counted a
    join counted b
        on b.user_id = a.user_id and b.micros <= a.micros and b.micros > a.micros - 60000000
    group by a.id
),
facts as (
    select
        user_id, count(*) as events, count(*) filter (where fast) as high_frequency, max(gaps) as longest_run,
        max(in_1_minute) as in_1_minute
    from placed
    join minutes using (id)
    where event_day = $cut::date - 1
    group by user_id
),
points as (
    select
        *, least(longest_run, 5) * 40 // 5 as run_points, least(in_1_minute, 61) * 40 // 61 as rate_points,
        least(high_frequency, greatest(events - 1, 5)) * 20 // greatest(events - 1, 5) as share_points
    from facts
)
select
    user_id, (run_points + rate_points + share_points)::bigint as score, run_points::bigint as run_points,
    rate_points::bigint as rate_points, share_points::bigint as share_points, events::bigint as events,
    high_frequency::bigint as high_frequency, longest_run::bigint as longest_run, in_1_minute::bigint as in_1_minute
from points
order by user_id;
