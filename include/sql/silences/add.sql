-- Purpose: a new silence, from now on.
-- Parameters: pattern, reason, by, until.
insert into silences (pattern, reason, silenced_by, ends_at)
values (%(pattern)s, %(reason)s, %(by)s, %(until)s)
returning silence_id;
