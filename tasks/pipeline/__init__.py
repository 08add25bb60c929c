"""The steps of a collection by subject, and the Prefect tasks that wrap them.

Nothing else in `tasks/` imports this package.
"""
