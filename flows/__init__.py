"""The table of contents: one Prefect flow a file, and the command line."""
