"""Benchmarks of Essaim beside the alternatives."""
