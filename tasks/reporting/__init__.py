"""The report: one page that says what the published views say, and as of when. It needs no server and no network."""

from tasks.reporting.contents import contents
from tasks.reporting.page import page
from tasks.reporting.report import Report
from tasks.reporting.writing import Written, report_of, report_on, write_report

__all__ = ["Report", "Written", "contents", "page", "report_of", "report_on", "write_report"]
