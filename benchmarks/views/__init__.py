"""Measure the build of the views of a large programme, and an incremental build after a quarter."""
