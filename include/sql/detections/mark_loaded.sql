-- Purpose: note whether the evaluation of a run changed episodes or came too late to.
-- Parameters: run_id, rule, cut, superseded.
update evaluations set superseded = %(superseded)s
where run_id = %(run_id)s and rule = %(rule)s and cut = %(cut)s and superseded is null;
