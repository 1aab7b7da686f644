"""The steps by which demand and a factory become the arrays of a planning problem."""
