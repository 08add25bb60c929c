"""The data dictionary: what each view and column means, in French and English."""
