"""What is reported of speed, measured side by side."""
