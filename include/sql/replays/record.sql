-- Purpose: what an attempt of a replay found; it counts once the attempt is published.
-- Parameters: run_id, attempt, figures.
insert into replays (run_id, attempt, figures) values (%(run_id)s, %(attempt)s, %(figures)s);
