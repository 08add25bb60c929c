"""Workbooks: written for an expected return, and read back by their declared layout."""

from tasks.workbooks.inbox import read_inbox
from tasks.workbooks.names import workbook_name
from tasks.workbooks.writing import write_workbook

__all__ = ["read_inbox", "workbook_name", "write_workbook"]
