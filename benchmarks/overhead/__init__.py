"""What Prefect adds to a command and to its steps."""
