-- Purpose: take a day's rows into a summary's table.
-- Parameters: the identifiers table and columns, of which the first is the day.
copy {table} ({columns}) from stdin;
