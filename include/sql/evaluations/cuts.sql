-- Purpose: the cuts that were evaluated under a profile, newest first.
-- Parameters: dataset, profile.
select distinct cut from evaluations where dataset = %(dataset)s and profile = %(profile)s order by cut desc;
