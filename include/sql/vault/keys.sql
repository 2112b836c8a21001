-- Purpose: the keys by which events were published.
select key_day, fingerprint from vault_keys order by key_day;
