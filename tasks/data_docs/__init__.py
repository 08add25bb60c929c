"""Great Expectations Data Docs: what each run checked, as pages that hold no answer and need no network."""
