-- Purpose: what the rule contact_outlier must find at a cut, from requests (event_day, phone, ip): medians over each
--          actor's others one by one, in floating point.
-- Parameters: cut, min_requests, score_above_tenths, min_others.
with actors as (
    select 'phone' as actor_kind, phone as actor, event_day from events where phone is not null
    union all
    select 'ip', ip, event_day from events where ip is not null
),
volumes as (
    select actor_kind, actor, count(*) as requests, max(event_day) as day
    from actors where event_day = $cut::date - 1
    group by all
),
medians as (
    select a.actor_kind, a.actor, a.requests, a.day, count(*) as others, median(b.requests) as median
    from volumes a
    join volumes b on b.actor_kind = a.actor_kind and b.actor <> a.actor
    where a.requests >= $min_requests
    group by all
),
scored as (
    select m.actor_kind, m.actor, m.requests, m.day, m.others, m.median, median(abs(b.requests - m.median)) as mad
    from medians m
    join volumes b on b.actor_kind = m.actor_kind and b.actor <> m.actor
    group by all
)
select
    actor_kind, actor, day as first_day, day as last_day, requests::bigint as requests, others::bigint as others,
    (median * 2)::bigint as median_doubled, (mad * 4)::bigint as mad_fourfold,
    floor((requests - median) * 6.745 / greatest(mad, 1) + 1e-9)::bigint as score_tenths
from scored
where others >= $min_others and (requests - median) * 6.745 / greatest(mad, 1) > $score_above_tenths + 1e-9;
