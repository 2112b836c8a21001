-- Purpose: note that somebody asked what a pseudonym stands for, and what came of it.
-- Parameters: asked_by, role, reason, pseudonym, outcome, refusal.
insert into reveals (asked_by, role, reason, pseudonym, outcome, refusal)
values (%(asked_by)s, %(role)s, %(reason)s, %(pseudonym)s, %(outcome)s, %(refusal)s);
