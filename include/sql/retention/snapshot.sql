-- Purpose: let another session see exactly what this transaction sees, as long as it is open.
select pg_export_snapshot() as snapshot;
