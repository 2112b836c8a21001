-- Purpose: let no key be added until this transaction ends.
select pg_advisory_xact_lock_shared(hashtextextended('vigil.vault_keys', 0));
