-- Purpose: events are published by this key from now on.
-- Parameters: key_day, fingerprint.
insert into vault_keys (key_day, fingerprint) values (%(key_day)s, %(fingerprint)s);
