-- Purpose: the table clickstream_events for the day before a cut, from clicks (user_id, event_time, event_day, action,
--          category, amount_minor, session_id). The click before is looked for among all clicks of the two days.
-- Parameters: cut.
with numbered as (
    select
        *, epoch_us(event_time) as micros,
        row_number() over (
            partition by user_id, event_time
            order by action nulls first, category nulls first, amount_minor nulls first, session_id nulls first
        ) as number
    from events
    where event_day >= $cut::date - 2 and event_day < $cut::date
),
gapped as (
    select a.*, case when a.number > 1 then 0 else a.micros - b.micros end as since_previous_micros
    from numbered a
    asof left join (select distinct user_id, micros from numbered) b
        on b.user_id = a.user_id and b.micros < a.micros
)
select
    user_id, event_time, number::integer as number, action, category, amount_minor, session_id,
    since_previous_micros::bigint as since_previous_micros,
    coalesce(since_previous_micros < 2000000, false) as is_high_frequency
from gapped
where event_day = $cut::date - 1
order by user_id, event_time, number;
