-- Purpose: whether an episode falls back to the values that it had at the cut before.
-- Parameters: none.
select exists (select from beside where action in ('end_before', 'split')) as needed;
