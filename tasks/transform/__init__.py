"""Run dbt: build the views of the present, or of a past day."""
