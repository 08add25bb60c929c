"""Fetching and loading a large survey, beside what a user would take instead."""
