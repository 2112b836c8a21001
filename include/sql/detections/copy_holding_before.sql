-- Purpose: take in what held at the cut before, streamed by the client.
copy holding_before (entity, evidence, first_day, last_day) from stdin;
