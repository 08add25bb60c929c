"""Spreadsheet files (XLSX, ODS, CSV) as cells, read in a process of its own. Knows nothing of our model."""
