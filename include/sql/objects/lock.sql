-- Purpose: make claiming and landing serial per dataset until the transaction ends.
-- Parameters: dataset.
select pg_advisory_xact_lock(hashtextextended('land ' || %(dataset)s::text, 0));
