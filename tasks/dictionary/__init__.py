"""The data dictionary: descriptions of all views and columns in French and English."""
