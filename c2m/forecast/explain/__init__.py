"""Explain: what made a forecast what it is, and what moved it since the last one."""
