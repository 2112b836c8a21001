-- Purpose: the migrations applied so far.
select name, checksum from migrations;
