-- Purpose: quarantined rows of a dataset by reason, each chunk by its newest check alone.
-- Parameters: dataset.
select reason.key as reason, sum(reason.value::bigint)::bigint as rows
from chunks c
cross join lateral jsonb_each_text(
    coalesce(c.reasons, jsonb_build_object('unknown', c.rows_quarantined))
) as reason
where c.dataset = %(dataset)s and c.rows_quarantined > 0
group by reason.key
order by reason.key;
