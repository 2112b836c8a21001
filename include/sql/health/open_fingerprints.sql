-- Purpose: the fingerprints of a dataset's open incidents of one kind.
-- Parameters: kind, dataset.
select fingerprint from incidents
where kind = %(kind)s and dataset = %(dataset)s and resolved_at is null
order by fingerprint;
