-- Purpose: one batch's contribution to an aggregate.
-- Parameters: dataset, aggregate, version, seq, path, rows, first_day, last_day, run_id, days (how many its rows count, NULL: all).
insert into deltas (dataset, aggregate, version, seq, path, rows, first_day, last_day, run_id, days)
values (
    %(dataset)s, %(aggregate)s, %(version)s, %(seq)s, %(path)s, %(rows)s, %(first_day)s, %(last_day)s, %(run_id)s,
    %(days)s
);
