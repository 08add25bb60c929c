"""Reading and checking a large workbook, against the reader library alone."""
