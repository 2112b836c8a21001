-- Purpose: forget what these pseudonyms stand for.
-- Parameters: pseudonyms (array).
delete from vault where pseudonym = any(%(pseudonyms)s::text[]);
