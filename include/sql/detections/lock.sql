-- Purpose: let one load at a time change the episodes of a rule and profile, until its transaction ends.
-- Parameters: dataset, rule, profile.
select pg_advisory_xact_lock(hashtextextended(
    jsonb_build_array('vigil.load', %(dataset)s::text, %(rule)s::text, %(profile)s::text)::text, 0
));
