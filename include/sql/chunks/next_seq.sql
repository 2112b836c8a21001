-- Purpose: the next sequence number of a dataset; its row stays locked until the transaction ends (ADR 1).
-- Parameters: dataset.
insert into dataset_clock (dataset, seq) values (%(dataset)s, 1)
on conflict (dataset) do update set seq = dataset_clock.seq + 1
returning seq;
