-- Purpose: keep the receipt of an erasure.
-- Parameters: erasure_id, erased_by, reason, kind, pseudonyms (array), receipt, sha256.
insert into erasures (erasure_id, erased_by, reason, kind, pseudonyms, receipt, sha256)
overriding system value
values (%(erasure_id)s, %(erased_by)s, %(reason)s, %(kind)s, %(pseudonyms)s, %(receipt)s, %(sha256)s);
