-- Purpose: the newest event day of the chunks published with a sequence number up to the given one.
-- Parameters: dataset, through_seq.
select max(last_day) as newest from chunks
where dataset = %(dataset)s and seq <= %(through_seq)s;
