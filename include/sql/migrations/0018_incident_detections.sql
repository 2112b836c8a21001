-- Purpose: which detections an incident told of. Their first cut may move (ADR 7), and the incident stays theirs.
create table incident_detections (
    incident_id  bigint not null references incidents,
    detection_id bigint not null references detections,
    primary key (incident_id, detection_id)
);
comment on table incident_detections is 'The detections that an incident told of; it is over when none of them is open (ADR 9)';

insert into incident_detections (incident_id, detection_id)
select i.incident_id, d.detection_id
from incidents i
join detections d
    on d.dataset = i.dataset and d.profile = i.body ->> 'profile' and d.rule = i.body ->> 'rule'
    and d.opened_cut = (i.body ->> 'event_day')::date + 1
where i.kind = 'detections' and i.resolved_at is null;
