-- Purpose: what the rule impossible_travel must find at a cut, from activity (user_id, event_time, event_day, outcome,
--          latitude_micro, longitude_micro): distances by the spherical law of cosines.
-- Parameters: cut, kmh_above.
with placed as (
    select *, latitude_micro / 1e6 as north, longitude_micro / 1e6 as east from events
    where event_day >= $cut::date - 2 and event_day < $cut::date and outcome <> 'failed'
      and latitude_micro is not null and longitude_micro is not null
),
hops as (
    select
        user_id, event_day, north, east, lag(north) over journey as from_north, lag(east) over journey as from_east,
        epoch_us(event_time) - lag(epoch_us(event_time)) over journey as gap
    from placed
    window journey as (partition by user_id order by event_time, latitude_micro, longitude_micro)
),
measured as (
    select *, round(6371009 * acos(least(1, greatest(-1,
        sin(radians(from_north)) * sin(radians(north))
        + cos(radians(from_north)) * cos(radians(north)) * cos(radians(east - from_east))
    ))))::bigint as metres
    from hops where event_day = $cut::date - 1 and gap is not null
),
fastest as (
    select user_id, metres, (metres * 3600000000::hugeint + greatest(gap, 1) - 1) // greatest(gap, 1) as metres_per_hour
    from measured where metres > 500000
    qualify row_number() over (partition by user_id order by metres_per_hour desc, metres desc) = 1
),
days as (
    select user_id, max(event_day) as day, count(*) filter (where outcome <> 'failed') as activities,
        count(*) filter (where outcome = 'failed') as failed
    from events where event_day = $cut::date - 1
    group by user_id
)
select
    user_id, day as first_day, day as last_day, metres::bigint as metres, metres_per_hour::bigint as metres_per_hour,
    activities::bigint as activities, failed::bigint as failed
from fastest
join days using (user_id)
where metres_per_hour > $kmh_above * 1000;
