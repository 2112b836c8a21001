-- Purpose: tell the planner how much holds, since nothing else will within this transaction.
analyze holding;
