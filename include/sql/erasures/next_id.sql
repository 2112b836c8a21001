-- Purpose: the number of the receipt that is about to be written.
select nextval(pg_get_serial_sequence('erasures', 'erasure_id')) as erasure_id;
