-- Purpose: the merged state at a position; one that is there already says the same and stays.
-- Parameters: dataset, aggregate, version, cut, through_seq, path, rows, run_id.
insert into checkpoints (dataset, aggregate, version, cut, through_seq, path, rows, run_id)
values (
    %(dataset)s, %(aggregate)s, %(version)s, %(cut)s, %(through_seq)s, %(path)s, %(rows)s, %(run_id)s
)
on conflict do nothing;
