"""Building the views of a large programme, and building them again when a little is new."""
