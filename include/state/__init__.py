"""From what published state is put together, and when it is worth keeping whole (ADR 1).

`plan` says which checkpoint and which deltas make a mergeable aggregate at (cut, through_seq); `merged` reads
them.

Sequence state (gaps, windows, travel: what does not merge) will stand beside this with the same two
coordinates. It will take the entities that the batches after a checkpoint touched, and reread those entities'
events, of chunks with seq <= through_seq and days < cut, within the rule's reach on either side until a gap
ends the run; what it keeps is the last run of each entity as of (cut, through_seq), in the same tables under
another aggregate name. Detect asks a rule's inputs by name, so neither rules nor stages will see from which
of the two kinds an input comes.
"""
