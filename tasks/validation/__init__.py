"""Check returns with Great Expectations before they are loaded."""
