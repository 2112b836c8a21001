-- Purpose: what is known of a fitted version, which was published as reference data before; one that is there stays.
-- Parameters: model, version_id, model_version, library, seed, first_day, last_day, review_by, figures.
insert into model_versions (
    model, version_id, model_version, library, seed, first_day, last_day, review_by, figures
)
values (
    %(model)s, %(version_id)s, %(model_version)s, %(library)s, %(seed)s, %(first_day)s, %(last_day)s, %(review_by)s,
    %(figures)s
)
on conflict (model, version_id) do nothing;
