"""Read and write the warehouse, on DuckDB or PostgreSQL.

Connections, operational tables, locks and the run ledger. All SQL outside the dbt project is here.
"""
