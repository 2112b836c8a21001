-- Purpose: evaluations of many cuts by one run, in any order; runs that are cleared whole begin anew (ADR 7).

alter table runs
    add column generation int not null default 0,
    drop constraint runs_dag_id_dag_run_id_key,
    add constraint runs_airflow_run unique (dag_id, dag_run_id, generation);
comment on column runs.generation is 'How often the Airflow run had been cleared when land began';
drop index runs_running;
create index runs_running on runs (dataset) where status = 'running';
create index runs_by_cut on runs (dataset, profile, cut) where cut is not null and not dry_run;

alter table evaluations
    drop constraint evaluations_run_id_rule_key,
    add constraint evaluations_of_run unique (run_id, rule, cut);
create index evaluations_loaded on evaluations (dataset, rule, profile, cut, through_seq) where not superseded;
comment on column evaluations.superseded is 'NULL until loaded; true if an evaluation of its cut that knew more was loaded before it';

alter table detection_history
    drop constraint detection_history_pkey,
    add primary key (detection_id, run_id, change),
    drop constraint detection_history_change_check,
    add constraint detection_history_change_check
        check (change in ('opened', 'ended', 'retracted', 'reopened', 'extended', 'shortened'));

create index detections_by_last_cut on detections (dataset, rule, profile, last_cut);
create index detections_of_entity on detections (dataset, rule, profile, entity);
