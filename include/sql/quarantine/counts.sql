-- Purpose: quarantined rows by chunk and reason, and how many of each have been corrected. A row that was corrected before
--          its chunk was checked again has the reason `corrected`. `unknown`: checked before reasons were kept by chunk.
-- Parameters: dataset, chunk (the first digits of an id; empty: all), reason (empty: all).
select
    c.chunk_id,
    c.first_key,
    c.status,
    reason.key as reason,
    reason.value::bigint as rows,
    case
        when reason.key = 'corrected' then reason.value::bigint
        else (
            select count(*) from corrections k
            where k.dataset = c.dataset and k.chunk_id = c.chunk_id and k.quarantine_path = c.quarantine_path
              and reason.key in (k.reason, 'unknown')
        )
    end as corrected
from chunks c
cross join lateral jsonb_each_text(
    coalesce(c.reasons, jsonb_build_object('unknown', c.rows_quarantined))
) as reason
where c.dataset = %(dataset)s and c.rows_quarantined > 0
  and starts_with(c.chunk_id::text, %(chunk)s) and (%(reason)s = '' or reason.key = %(reason)s)
order by c.landed_at, c.chunk_id, reason.key;
