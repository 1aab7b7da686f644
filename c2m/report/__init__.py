"""What people look at: the report as a page, the plan as a workbook that can be read back."""

from c2m.report.overrides import with_overrides
from c2m.report.page import write_report
from c2m.report.workbook import write_workbook

__all__ = ["with_overrides", "write_report", "write_workbook"]


def __dir__() -> list[str]:
    return sorted(__all__)
