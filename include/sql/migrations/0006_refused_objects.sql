-- Purpose: objects that the server will not hand out are settled as refused; indexes for what runs ask most.

alter table objects
    drop constraint objects_outcome_check,
    add constraint objects_outcome_check
        check (outcome in ('claimed', 'landed', 'duplicate', 'empty', 'too_large', 'refused'));

create index runs_running on runs (dag_id) where status = 'running';
create index chunks_by_last_day on chunks (dataset, last_day, seq) where seq is not null;
create index detections_by_opened_cut on detections (dataset, rule, profile, opened_cut);
create index detections_by_closed_cut on detections (dataset, rule, profile, closed_cut) where closed_cut is not null;
