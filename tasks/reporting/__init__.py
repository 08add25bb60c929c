"""Render the published views as a report: one self-contained HTML page with an as-of date."""

from tasks.reporting.contents import contents
from tasks.reporting.page import page
from tasks.reporting.report import Report
from tasks.reporting.writing import Written, report_of, report_on, write_report

__all__ = ["Report", "Written", "contents", "page", "report_of", "report_on", "write_report"]
