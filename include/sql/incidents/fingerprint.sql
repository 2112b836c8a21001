-- Purpose: the fingerprint of an incident that is open.
-- Parameters: incident_id.
select fingerprint from incidents where incident_id = %(incident_id)s and resolved_at is null;
