"""Workbooks: written for an expected return, and read back by their declared layout."""

from tasks.workbooks.file_names import workbook_name
from tasks.workbooks.filled_workbook import write_workbook
from tasks.workbooks.inbox import read_inbox

__all__ = ["read_inbox", "workbook_name", "write_workbook"]
