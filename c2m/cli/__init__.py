"""The command line."""

from c2m.cli.main import main

__all__ = ["main"]
