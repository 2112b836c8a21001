-- Purpose: the sequence number of the last published batch of a dataset.
-- Parameters: dataset.
select seq from dataset_clock where dataset = %(dataset)s;
