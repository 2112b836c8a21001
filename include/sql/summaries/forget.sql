-- Purpose: take a day out of a summary's table.
-- Parameters: day; the identifier table.
delete from {table} where day = %(day)s;
