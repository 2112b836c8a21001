-- Purpose: let one at a time delete files, or copy what the ledger names, until its transaction ends.
select pg_advisory_xact_lock(hashtextextended('vigil.retention', 0));
