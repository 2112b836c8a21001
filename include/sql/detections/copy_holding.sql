-- Purpose: take in what holds, streamed by the client.
copy holding (entity, evidence, first_day, last_day) from stdin;
