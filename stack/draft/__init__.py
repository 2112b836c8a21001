"""Drafts a dataset from a sample of its data, for a person to finish: what `make new-dataset` does."""
