"""The platform looking at itself: pure judgements of figures that the store gives."""
