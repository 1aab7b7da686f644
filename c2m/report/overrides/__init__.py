"""A person's own runs and demand: cells to fill in a workbook, read back and costed."""

from c2m.report.overrides.with_overrides import with_overrides

__all__ = ["with_overrides"]
