-- Purpose: the incidents that a delivery tells: its own, or those in the digest; the worst first, then the oldest.
-- Parameters: delivery_id.
select incident_id, fingerprint, kind, dataset, severity, title, body, run_id, repeats, opened_at, last_at, resolved_at,
       resolution
from incidents
where incident_id in (
    select incident_id from outbox where delivery_id = %(delivery_id)s or digest_id = %(delivery_id)s
)
order by array_position(array['critical', 'warning', 'info'], severity), incident_id;
