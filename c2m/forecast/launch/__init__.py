"""Launches: what is not yet sold, or only just: its level, its life, its sizes and colours."""
