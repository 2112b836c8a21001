-- Purpose: open and closed detection episodes by rule, over all datasets and profiles.
select
    rule,
    count(*) filter (where closed_at is null) as open,
    count(*) filter (where closed_at is not null) as closed
from detections
group by rule
order by rule;
