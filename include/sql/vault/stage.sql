-- Purpose: where the originals of one run wait for the end of their transaction.
create temporary table originals (pseudonym text, kind text, value text, key_day date, first_day date) on commit drop;
