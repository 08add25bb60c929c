"""Run dbt: build the current views, or the views as of a past day."""
