-- Purpose: what a pseudonym stands for.
-- Parameters: pseudonym.
select value from vault where pseudonym = %(pseudonym)s;
