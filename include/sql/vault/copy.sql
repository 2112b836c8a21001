-- Purpose: take in the originals of a run, streamed by the client.
copy originals (pseudonym, kind, value, key_day, first_day) from stdin;
