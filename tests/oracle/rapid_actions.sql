-- Purpose: what the rule rapid_actions must find at a cut, from clicks alone (user_id, event_time, event_day).
-- Parameters: cut, min_gaps.
with counted as (
    select *, epoch_us(event_time) as micros from events where event_day >= $cut::date - 2 and event_day < $cut::date
),
gapped as (
    select *, coalesce(micros - lag(micros) over (partition by user_id order by micros) < 2000000, false) as fast from counted
),
runs as (
    select *, sum((not fast)::int) over (partition by user_id order by micros rows unbounded preceding) as run from gapped
),
placed as (
    select *, row_number() over (partition by user_id, run order by micros) - 1 as gaps from runs
)
select
    user_id, max(event_day) as first_day, max(event_day) as last_day,
    max(gaps)::bigint as longest_run, count(*) filter (where fast)::bigint as high_frequency, count(*)::bigint as events
from placed
where event_day = $cut::date - 1
group by user_id
having max(gaps) >= $min_gaps;
