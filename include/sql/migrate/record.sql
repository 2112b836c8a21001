-- Purpose: record a migration as applied.
-- Parameters: name, checksum.
insert into migrations (name, checksum) values (%(name)s, %(checksum)s);
