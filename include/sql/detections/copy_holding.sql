-- Purpose: take in what holds at the cut, streamed by the client.
copy holding (entity, evidence, first_day, last_day) from stdin;
