"""Workbooks: written for an expected return, and read by the layout that their instrument declares."""

from tasks.workbooks.file_names import workbook_name
from tasks.workbooks.filled_workbook import workbook_content, write_workbook
from tasks.workbooks.inbox import read_inbox

__all__ = ["read_inbox", "workbook_content", "workbook_name", "write_workbook"]
