"""Spreadsheet files (XLSX, ODS, CSV) as cells, parsed in a process of their own. Independent of the data model."""
