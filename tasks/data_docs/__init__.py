"""Great Expectations Data Docs: the checks of each run as pages without answers, which load nothing remote."""
