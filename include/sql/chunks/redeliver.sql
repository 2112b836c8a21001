-- Purpose: count further deliveries of known chunks.
-- Parameters: dataset, deliveries (JSON object of chunk id to number).
update chunks c
set deliveries = c.deliveries + d.value::int
from jsonb_each_text(%(deliveries)s) as d
where c.dataset = %(dataset)s and c.chunk_id = d.key::char(64);
