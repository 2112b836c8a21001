-- Purpose: one sender at a time counts and sends what a channel's budget limits; held until the transaction ends.
-- Parameters: channel.
select pg_advisory_xact_lock(hashtextextended('vigil outbox ' || %(channel)s::text, 0));
