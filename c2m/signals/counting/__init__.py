"""One pass over the canonical events, a day at a time, into the arrays of a panel."""
