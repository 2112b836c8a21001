-- Purpose: earlier erasures of the same subject, and all the pseudonyms that they knew.
-- Parameters: pseudonyms (array).
select erasure_id, pseudonyms from erasures
where pseudonyms && %(pseudonyms)s::text[]
order by erasure_id;
