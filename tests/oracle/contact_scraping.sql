-- Purpose: what the rule contact_scraping must find at a cut, from requests (event_time, event_day, phone, ip, token).
-- Parameters: cut, per_minute, per_day, tokens_per_day.
with actors as (
    select 'phone' as actor_kind, phone as actor, event_time, event_day, token from events where phone is not null
    union all
    select 'ip', ip, event_time, event_day, token from events where ip is not null
),
counted as (
    select *, row_number() over () as id from actors where event_day >= $cut::date - 2 and event_day < $cut::date
),
minutes as (
    select a.id, count(*) as in_1_minute
    from counted a
    join counted b
        on b.actor_kind = a.actor_kind and b.actor = a.actor
        and b.event_time <= a.event_time and b.event_time > a.event_time - interval 1 minute
    where a.event_day = $cut::date - 1
    group by a.id
)
select
    actor_kind, actor, max(event_day) as first_day, max(event_day) as last_day,
    max(in_1_minute)::bigint as in_1_minute, count(*)::bigint as requests, count(distinct token)::bigint as tokens
from counted
join minutes using (id)
group by actor_kind, actor
having max(in_1_minute) > $per_minute or count(*) > $per_day or count(distinct token) > $tokens_per_day;
