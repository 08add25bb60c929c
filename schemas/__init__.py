"""What data is: the programme's model, the tables, the states and the settings. Nothing here reads or writes."""
