"""Measure the overhead of Prefect for a command and its steps."""
