"""From what published state is put together, and when it is worth keeping whole.

`plan` says which checkpoint and which deltas make state at (cut, through_seq). What merges is read by
`merged` (ADR 1); gaps, windows and travel, which do not, by `sequences` (ADR 13). `kinds` knows both by name:
detect asks a rule's inputs by name, so neither rules nor stages see of which kind an input is.
"""
