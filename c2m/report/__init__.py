"""What people look at: the report as a page, the plan as a workbook."""

from c2m.report.page import write_report
from c2m.report.workbook import write_workbook

__all__ = ["write_report", "write_workbook"]
