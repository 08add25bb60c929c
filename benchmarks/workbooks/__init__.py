"""Measure reading and checking a large workbook beside the reader library alone."""
