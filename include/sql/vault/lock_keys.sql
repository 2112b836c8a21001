-- Purpose: let nobody publish personal data until this transaction ends.
select pg_advisory_xact_lock(hashtextextended('vigil.vault_keys', 0));
