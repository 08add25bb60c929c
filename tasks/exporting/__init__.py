"""Export the published views to CSV, XLSX, ODS, Parquet, SPSS and Stata."""

from tasks.exporting.export import FORMATS, format_of, view_named, write_export
from tasks.exporting.exported import CodebookLine, Exported, codebook_lines, occurring
from tasks.exporting.wide import WIDE_PARTICIPANTS, WIDE_VIEW, widened, widened_participants

__all__ = [
    "FORMATS",
    "WIDE_PARTICIPANTS",
    "WIDE_VIEW",
    "CodebookLine",
    "Exported",
    "codebook_lines",
    "format_of",
    "occurring",
    "view_named",
    "widened",
    "widened_participants",
    "write_export",
]
