-- Purpose: every pseudonym that a value has been given.
-- Parameters: kind, value.
select pseudonym from vault where kind = %(kind)s and md5(value) = md5(%(value)s) and value = %(value)s;
