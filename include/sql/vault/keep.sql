-- Purpose: keep the originals that are not kept yet; in one order, so that runs that bring the same ones cannot block
--          each other.
-- Parameters: run_id.
insert into vault (pseudonym, kind, value, key_day, first_day, run_id)
select pseudonym, kind, value, key_day, first_day, %(run_id)s from originals
order by pseudonym
on conflict do nothing;
