"""Views as files for other tools."""

from tasks.exporting.export import FORMATS, export_table, view_named

__all__ = ["FORMATS", "export_table", "view_named"]
