"""Connections, operational tables, locks and the run ledger. The only home of SQL outside dbt."""
