-- Purpose: make publishing versions of one reference dataset serial until the transaction ends, so that their numbers
--   are given out one after the other.
-- Parameters: dataset
select pg_advisory_xact_lock(hashtextextended('reference_versions/' || %(dataset)s, 0));
