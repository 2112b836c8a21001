-- Purpose: the silences that last, each with the number of open incidents that it keeps from being delivered.
-- Parameters: none.
select s.silence_id, s.pattern, s.reason, s.silenced_by, s.ends_at, count(i.incident_id) as quiet
from silences s
left join incidents i on i.resolved_at is null and i.fingerprint like s.matches
    and not exists (select from outbox o where o.incident_id = i.incident_id)
where s.ends_at > clock_timestamp()
group by s.silence_id
order by s.ends_at, s.silence_id;
