"""Define the data: the programme folder, tables, states, settings and errors.

Nothing here reads or writes data, except the settings from the environment.
"""
