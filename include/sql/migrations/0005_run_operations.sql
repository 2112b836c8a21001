-- Purpose: each run's row names the Spark operations that it used, beside its Airflow run.

alter table runs add column spark_operations text[] not null default '{}';
comment on column runs.spark_operations is 'Ids of the Spark operations of its published attempts, in order of publishing';

update runs r
set spark_operations = used.operations
from (
    select a.run_id, array_agg(one.operation order by a.finished_at, one.place) as operations
    from attempts a
    cross join lateral unnest(a.operations) with ordinality as one (operation, place)
    where a.finished_at is not null
    group by a.run_id
) used
where used.run_id = r.run_id;
