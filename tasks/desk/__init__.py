"""The desk: pages on which evaluators act on returns, and structures give them."""
