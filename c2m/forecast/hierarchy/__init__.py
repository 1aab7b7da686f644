"""Hierarchy: bottom-up forecasts that agree with small models of the totals above them."""
