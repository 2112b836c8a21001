-- Purpose: how many deliveries are still to be made.
select count(*) as pending from outbox where status = 'pending';
