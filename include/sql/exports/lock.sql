-- Purpose: let one transaction at a time allot file numbers, or write a file that replaces its predecessor.
-- Parameters: name.
select pg_advisory_xact_lock(hashtextextended('vigil.export ' || %(name)s::text, 0));
