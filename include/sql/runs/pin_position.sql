-- Purpose: pin the cut and the sequence number that a run evaluates; the first caller wins.
-- Parameters: run_id, cut, through_seq.
update runs
set cut = %(cut)s, through_seq = %(through_seq)s
where run_id = %(run_id)s and through_seq is null;
