"""Measure fetching and loading a large survey beside the alternatives."""
