-- Purpose: whether an object of the dataset is claimed: some run may be about to record what it landed.
-- Parameters: dataset.
select exists (select from objects where dataset = %(dataset)s and outcome = 'claimed') as landing;
