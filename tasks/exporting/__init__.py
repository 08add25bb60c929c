"""Views as files for other tools."""

from tasks.exporting.export import FORMATS, format_of, view_named, write_export
from tasks.exporting.exported import Exported, occurring

__all__ = ["FORMATS", "Exported", "format_of", "occurring", "view_named", "write_export"]
