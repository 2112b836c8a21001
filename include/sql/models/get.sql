-- Purpose: a fitted version of a model.
-- Parameters: model, version_id.
select * from model_versions where model = %(model)s and version_id = %(version_id)s;
