-- Purpose: how many messages a channel has accepted this UTC day.
-- Parameters: channel.
select count(*) as sent
from outbox
where channel = %(channel)s and status = 'sent'
  and sent_at >= date_trunc('day', now(), 'UTC');
