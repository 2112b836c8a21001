"""What the DAGs of every dataset have in common: typed objects and tasks that the short files wire up."""
